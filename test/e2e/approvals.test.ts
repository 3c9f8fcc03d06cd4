import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { GitFixture } from "../../adapters/embedded/index.ts";
import type { PromotionView } from "../../schemas/promotion-views.ts";
import { configMap } from "../fixtures/configuration.ts";
import { pipeline, pipelineEvents, promoted, promotionOf, release, releaseSource } from "../fixtures/promotions.ts";
import { Stack, until } from "../fixtures/stack.ts";
import { cli } from "../services/cli/cli.ts";

/** Two people say yes, one on the command line and one by a link, and nothing of how they proved it is kept anywhere. */

let stack: Stack;
let git: GitFixture;
let repoURL: string;

const account = (name: string, spec: object) => ({
  apiVersion: "sluice.dev/v1",
  kind: "Account",
  metadata: { name },
  spec,
});

beforeAll(async () => {
  stack = await Stack.start({ controllers: false });
  await stack.prepare();
  ({ url: repoURL, fixture: git } = await stack.addRepository("shop"));
  await stack.apply(
    ...["ada", "bob", "carol"].map((name) =>
      account(name, { groups: ["release-managers"], email: `${name}@example.com` }),
    ),
    account("eve", {}),
    promoted("shop", repoURL, "app"),
    releaseSource("shop", repoURL),
    pipeline("shop", "shop", [
      {
        ...{ name: "prod", applications: { names: ["shop"] }, automatic: "newest" },
        gates: [{ name: "four-eyes", approval: { required: 2, groups: ["release-managers"] } }],
      },
    ]),
  );
}, 240_000);
afterAll(() => stack?.stop());

async function everythingKept(directory: string): Promise<string> {
  const names = await readdir(directory, { recursive: true, withFileTypes: true });
  const files = names.filter((one) => one.isFile() && one.name !== "token" && !one.parentPath.endsWith("keys"));
  const texts = files.map(({ parentPath, name }) => readFile(join(parentPath, name), "latin1").catch(() => ""));
  return (await Promise.all(texts)).join("\n");
}

test("a promotion waits for two people, and goes on when both have said yes", { timeout: 180_000 }, async () => {
  const tokenOf = async (name: string): Promise<string> => {
    const { body } = await stack.api<{ token: string }>("POST", `/accounts/${name}/tokens`, { expiresIn: "1h" });
    return body.token;
  };
  const [carol, eve] = [await tokenOf("carol"), await tokenOf("eve")];
  const sluice = (line: string, token: string) =>
    cli(line.split(" "), { env: { SLUICE_SERVER: stack.url, SLUICE_TOKEN: token } });

  const commit = await git.commit({ "app/map.yaml": configMap("map", { version: "1" }) }, "version 1");
  const made = await release(stack, "shop", { repoURL, commit });
  const waits = ({ gates }: PromotionView) => gates.some(({ reason }) => reason === "ApprovalsMissing");
  const { promotion } = await promotionOf(stack, { pipeline: "shop", stage: "prod", release: made.release }, waits);

  // Who may only look is told so, who is not asked too.
  expect(await sluice("app sync shop --async", eve)).toMatchObject({
    code: 6,
    err: expect.stringContaining("operator"),
  });
  expect(await sluice("approve --yes", eve)).toMatchObject({
    code: 6,
    err: expect.stringContaining("group release-managers"),
  });
  // The release is ada's own.
  const own = await sluice("approve --yes", await tokenOf("ada"));
  expect(own).toMatchObject({ code: 6, err: expect.stringContaining("ada's own") });

  const approved = await sluice(`approve ${promotion} --yes`, carol);
  expect(approved).toMatchObject({ code: 0, out: `promotion/${promotion} approved by carol at gate four-eyes\n` });
  expect(approved.err).toContain("1 created");
  expect((await sluice(`approve ${promotion} --yes`, carol)).out).toContain("before, and it counts once");

  const { body: link } = await stack.api<{ path: string }>(
    ...(["POST", `/pipelines/shop/promotions/${promotion}/approval-links`, { person: "bob" }] as const),
  );
  const address = `${stack.url}${link.path}`;
  const page = await fetch(address);
  const html = await page.text();
  expect(page.status).toBe(200);
  expect(html).toContain("/ConfigMap/shop/map");
  const confirmation = /name="confirmation" value="([^"]+)"/.exec(html)?.[1] ?? "";
  const said = await fetch(address, {
    method: "POST",
    body: new URLSearchParams({ confirmation, verdict: "approve" }),
  });
  expect(await said.text()).toContain("bob has approved");

  await promotionOf(
    stack,
    { pipeline: "shop", stage: "prod", release: made.release },
    ({ result }) => result === "Succeeded",
  );
  expect(await stack.configMaps("shop")).toMatchObject({ map: { version: "1" } });
  const events = (await pipelineEvents(stack, "shop")).map(({ event }) => event);
  const given = events.filter((event) => event.type === "ApprovalGiven").map(({ data }) => data);
  expect(given).toMatchObject([
    { by: { kind: "user", name: "carol" }, via: "cli", groups: ["release-managers"] },
    { by: { kind: "user", name: "bob" }, via: "link", groups: ["release-managers"] },
  ]);
  expect((await fetch(address)).status).toBe(409);

  // Neither the ledger, nor the histories, nor a log has what they proved themselves with.
  const kept = await until("everything on disk", async () => (await everythingKept(stack.root)) || undefined);
  expect(kept).toContain("four-eyes");
  for (const secret of [carol.slice(-43), eve.slice(-43), link.path.slice(-60), confirmation.slice(-40)]) {
    expect(kept).not.toContain(secret);
  }
});
