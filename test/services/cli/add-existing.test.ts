import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { SluiceError } from "../../../schemas/errors.ts";
import { cliWithServer } from "./cli.ts";

let at: Awaited<ReturnType<typeof cliWithServer>>;
let asked: unknown[][];
beforeEach(async () => {
  at = await cliWithServer();
  asked = [];
  at.ports.checkRepository = async (...given) => {
    asked.push(given);
    return 3;
  };
});
afterEach(() => at.close());

const SHOP = "repo add https://git.example/team/shop.git --name shop";
const shop = async () => JSON.parse((await at.sluice("get repo shop -o json")).out) as { spec: object; status: object };

describe("repo add", () => {
  it("asks the address first, with the credentials that were given", async () => {
    const ran = await at.sluice(`${SHOP} --username bot --password-stdin`, { stdin: "CANARY-1\n" });
    expect(ran).toMatchObject({ code: 0, out: "repository/shop created\n" });
    expect(asked).toEqual([["https://git.example/team/shop.git", { username: "bot", password: "CANARY-1" }]]);
  });

  it("registers nothing that can't be read, and says how to do it all the same", async () => {
    at.ports.checkRepository = () =>
      Promise.reject(new SluiceError("SourceForbidden", "https://git.example/team/shop refused the credentials"));
    const ran = await at.sluice(SHOP);
    expect(ran).toMatchObject({ code: 6, out: "" });
    expect(ran.err).toContain("refused the credentials");
    expect(ran.err).toContain("--skip-check");
    expect((await at.sluice("get repo shop")).code).toBe(4);
    expect(await at.sluice(`${SHOP} --skip-check`)).toMatchObject({ code: 0, out: "repository/shop created\n" });
  });

  it("can't ask what addresses begin with, and says so", async () => {
    const ran = await at.sluice("repo add https://git.example/team --prefix");
    expect(ran.code).toBe(0);
    expect(ran.err).toContain("Not checked");
    expect(asked).toEqual([]);
  });

  it("refuses to change one that is there, and keeps its webhook", async () => {
    await at.sluice(`${SHOP} --webhook github`);
    const secret = at.secrets.get("webhook/shop");
    const ran = await at.sluice(SHOP);
    expect(ran).toMatchObject({ code: 5, out: "" });
    expect(ran.err).toContain("There is a Repository shop already, of https://git.example/team/shop.git");
    expect(ran.err).toContain("--upsert");
    expect(await shop()).toMatchObject({ spec: { webhook: { provider: "github" } } });
    expect(at.secrets.get("webhook/shop")).toBe(secret);
  });

  it("with --upsert changes what is given and keeps the rest, the webhook's secret too", async () => {
    await at.sluice(`${SHOP} --webhook github --username bot --password-stdin`, { stdin: "CANARY-1" });
    const secret = at.secrets.get("webhook/shop");
    const polled = await at.sluice(`${SHOP} --upsert --poll-interval 9m`);
    expect(polled).toMatchObject({ code: 0, out: "repository/shop configured\n" });
    const again = await at.sluice(`${SHOP} --upsert --webhook github`);
    expect(again).toMatchObject({ code: 0, out: "repository/shop unchanged\n" });
    expect(await shop()).toMatchObject({
      spec: { pollInterval: "9m", webhook: { provider: "github" } },
      status: { credentials: "Stored", webhookSecret: "Stored" },
    });
    expect(at.secrets.get("webhook/shop")).toEqual(secret);
    expect(at.secrets.get("repository/shop")).toEqual({ username: "bot", password: "CANARY-1" });
    const other = await at.sluice(`${SHOP} --upsert --webhook gitlab -q`);
    expect(other.out.trim().split("\n")).toHaveLength(2);
    expect(at.secrets.get("webhook/shop")).not.toEqual(secret);
  });
});

describe("repo list", () => {
  it("says whether each could be read last", async () => {
    await at.sluice(SHOP);
    const status = async () => (await at.sluice("repo list")).out.split("\n")[1];
    expect(await status()).toMatch(/^shop +never /);
    const view = at.table("repositories").get("shop") as { refs: object };
    view.refs = { "u main": { at: "2026-01-01T00:00:02Z", revision: "c" } };
    expect(await status()).toMatch(/^shop +ok /);
    const old = { at: "2026-01-01T00:00:01Z", code: "SourceForbidden", message: "an old refusal" };
    view.refs = { ...view.refs, "u old": old };
    expect(await status()).toMatch(/^shop +ok /);
    view.refs = { ...view.refs, "u new": { ...old, at: "2026-01-01T00:00:03Z", message: "refused the credentials" } };
    expect(await status()).toMatch(/^shop +failed: refused the credentials /);
  });
});

describe("cluster add", () => {
  it("refuses to change one that is there unless told to", async () => {
    const path = join(mkdtempSync(join(tmpdir(), "sluice-add-")), "config");
    const write = (token: string): void =>
      writeFileSync(
        path,
        JSON.stringify({
          "current-context": "prod",
          contexts: [{ name: "prod", context: { cluster: "c", user: "u" } }],
          clusters: [{ name: "c", cluster: { server: "https://prod.example:6443" } }],
          users: [{ name: "u", user: { token } }],
        }),
      );
    const add = ["cluster", "add", "prod", "--kubeconfig", path];
    write("CANARY-1");
    expect((await at.sluice(add)).out).toBe("cluster/prod created\n");
    const stored = at.secrets.get("cluster/prod");
    write("CANARY-2");
    const refused = await at.sluice(add);
    expect(refused.code).toBe(5);
    expect(refused.err).toContain("There is a Cluster prod already, of https://prod.example:6443");
    expect(refused.err).toContain("--upsert");
    expect(at.secrets.get("cluster/prod")).toEqual(stored);
    expect((await at.sluice([...add, "--upsert"])).out).toBe("cluster/prod configured\n");
    expect(JSON.stringify(at.secrets.get("cluster/prod"))).toContain("CANARY-2");
  });
});
