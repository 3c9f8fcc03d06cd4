import { execFileSync } from "node:child_process";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { application, CLUSTER } from "../api/instance.ts";
import { cli, cliWithServer } from "./cli.ts";

let at: Awaited<ReturnType<typeof cliWithServer>>;
beforeAll(async () => {
  at = await cliWithServer();
  await at.apply([CLUSTER, application("web"), application("cart")].join("---"));
});
afterAll(() => at.close());

describe("completion names", () => {
  it("prints the names of applications", async () => {
    expect(await at.sluice("completion names")).toEqual({ code: 0, out: "cart\nweb\n", err: "" });
  });

  it("says nothing where there is no server, no token, or none in time", async () => {
    const nothing = { code: 0, out: "", err: "" };
    expect(await at.sluice("completion names", { env: { SLUICE_SERVER: "http://127.0.0.1:1" } })).toEqual(nothing);
    expect(await at.sluice("completion names", { env: { SLUICE_TOKEN: "wrong" } })).toEqual(nothing);
    const slow = createServer(() => undefined);
    await new Promise<void>((resolve) => slow.listen(0, "127.0.0.1", resolve));
    const address = `http://127.0.0.1:${(slow.address() as AddressInfo).port}`;
    expect(await at.sluice("completion names", { env: { SLUICE_SERVER: address } })).toEqual(nothing);
    slow.closeAllConnections();
    slow.close();
  });
});

it("completion pipelines, stages and promotions print the names of those", async () => {
  const { fillShop } = await import("../api/shop.ts");
  const shop = await cliWithServer();
  await fillShop(shop);
  await shop.sluice("promote shop staging --async");
  expect((await shop.sluice("completion pipelines")).out).toBe("shop\n");
  expect((await shop.sluice("completion stages")).out).toBe("shop\nstaging\nprod\n");
  expect((await shop.sluice("completion promotions")).out).toMatch(/^staging-2222222-\w+\n$/);
  await shop.close();
});

describe("the script of bash", () => {
  const completing = async (words: string[]): Promise<string[]> => {
    const { out } = await cli(["completion", "bash"]);
    const answers = `"completion names") printf 'cart\\nweb\\n' ;; "completion pipelines") printf 'shop\\n' ;;`;
    const more = `"completion stages") printf 'shop\\nprod\\n' ;; "completion promotions") printf 'prod-1f2e\\n' ;;`;
    const stub = `sluice() { case "$*" in ${answers} ${more} esac; }`;
    const given = words.map((word) => `'${word}'`).join(" ");
    const script = `${stub}\n${out}\nCOMP_WORDS=(${given})\nCOMP_CWORD=${words.length - 1}\n_sluice\nprintf '%s\\n' "\${COMPREPLY[@]}"`;
    return execFileSync("bash", ["-c", script], { encoding: "utf8" }).trim().split("\n");
  };

  it("completes names of applications where one is taken, and nowhere else", async () => {
    expect(await completing(["sluice", "app", "sync", "w"])).toEqual(["web"]);
    expect(await completing(["sluice", "get", "app", "c"])).toEqual(["cart"]);
    expect(await completing(["sluice", "delete", "application", "w"])).toEqual(["web"]);
    expect(await completing(["sluice", "get", "cluster", "w"])).toEqual([""]);
    expect(await completing(["sluice", "app", "sync", "--rev"])).toEqual(["--revision"]);
  });

  it("completes names of pipelines, stages and promotions where they are taken", async () => {
    expect(await completing(["sluice", "promote", "sh"])).toEqual(["shop"]);
    expect(await completing(["sluice", "promote", "shop", "p"])).toEqual(["prod"]);
    expect(await completing(["sluice", "stage", "rollback", "shop", "p"])).toEqual(["prod"]);
    expect(await completing(["sluice", "pipeline", "get", ""])).toContain("shop");
    expect(await completing(["sluice", "pipeline", "get", "prod"])).toEqual([""]);
    expect(await completing(["sluice", "promotion", "abort", "prod"])).toEqual(["prod-1f2e"]);
    expect(await completing(["sluice", "get", "pipeline", "s"])).toEqual(["shop"]);
    expect(await completing(["sluice", "promotion", "judge", "x", "--verdict", "f"])).toEqual(["failed"]);
  });
});
