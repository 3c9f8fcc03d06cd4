import { afterAll, beforeAll, expect, it } from "vitest";
import type { GitFixture } from "../../adapters/embedded/index.ts";
import { application, configMap } from "../fixtures/configuration.ts";
import { commitSubmodules, gitmodules } from "../fixtures/gitlinks.ts";
import { Stack } from "../fixtures/stack.ts";

/** Submodules from a push to a live cluster, and an operator's typo beside them, on real servers. */

let stack: Stack;
let base: GitFixture;
let apps: GitFixture;
let first: string;

beforeAll(async () => {
  stack = await Stack.start({ controllers: false });
  await stack.prepare();
  const shared = await stack.addRepository("shared");
  const own = await stack.addRepository("apps");
  base = shared.fixture;
  apps = own.fixture;
  const pin = await base.commit({ "all/cm.yaml": configMap("shared", { greeting: "one" }) }, "first");
  const files = {
    ".gitmodules": gitmodules(["vendor/shared", `../${shared.url.slice(shared.url.lastIndexOf("/") + 1)}`]),
    "plain/cm.yaml": configMap("plain", { greeting: "one" }),
  };
  await apps.commit(files, "files");
  first = await commitSubmodules(apps, { "vendor/shared": pin });
  const { url: repoURL } = own;
  await stack.apply(
    application("web", { repoURL, path: "vendor/shared/all", submodules: true }),
    application("plain", { repoURL, path: "plain" }),
  );
});
afterAll(() => stack?.stop());

const greeting = async (): Promise<string | undefined> => (await stack.configMaps("web"))["shared"]?.["greeting"];

it("a moved pin is deployed, and concerns those only that read the submodule", async () => {
  for (const name of ["web", "plain"]) await stack.deployed(name, first);
  expect(await greeting()).toBe("one");

  const pin = await base.commit({ "all/cm.yaml": configMap("shared", { greeting: "two" }) }, "second");
  const moved = await commitSubmodules(apps, { "vendor/shared": pin });
  const { operations } = await stack.outcome(await stack.deliver("apps"));
  expect(operations.map((each) => each.application)).toEqual(["web"]);
  await stack.deployed("web", moved);
  expect(await greeting()).toBe("two");
});

it("a revision asked for that there is none of fails the operation and leaves the sync status as it was", async () => {
  const before = (await stack.application("web")).status.sync;
  const { body } = await stack.api<{ operation: string }>("POST", "/applications/web/sync", { revision: "v1.2.33" });
  expect(await stack.ended("web", body.operation)).toMatchObject({ result: "Failed", code: "RevisionNotFound" });
  expect((await stack.application("web")).status.sync).toEqual(before);
});
