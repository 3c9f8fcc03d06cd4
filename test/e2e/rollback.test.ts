import { rename } from "node:fs/promises";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { GitFixture } from "../../adapters/embedded/index.ts";
import type { Accepted } from "../../schemas/api/bodies.ts";
import type { RollbackAccepted } from "../../schemas/api/rollback-routes.ts";
import { application, configMap } from "../fixtures/configuration.ts";
import { Stack, until } from "../fixtures/stack.ts";

/** Going back to an earlier version with auto-sync on, on real servers. */

let stack: Stack;
let repoURL: string;
let git: GitFixture;
let made = 0;
let name: string;
let first: string;
let second: string;

const POLICY = {
  automated: { prune: true, selfHeal: true },
  syncOptions: ["CreateNamespace=true"],
};

beforeAll(async () => {
  stack = await Stack.start({ controllers: false });
  await stack.prepare();
  ({ url: repoURL, fixture: git } = await stack.addRepository("apps"));
});
afterAll(() => stack?.stop());

const write = (text: string, more: Record<string, string | null> = {}): Promise<string> =>
  git.commit({ [`${name}/cm.yaml`]: configMap("settings", { text }), ...more }, `${name}: ${text}`);

/** An application with two versions deployed by pushes. */
beforeEach(async () => {
  name = `app-${(made += 1)}`;
  first = await write("one");
  await stack.apply(application(name, { repoURL, path: name }, { syncPolicy: POLICY }));
  await stack.deployed(name, first);
  second = await write("two", { [`${name}/new.yaml`]: configMap("new", { of: "two" }) });
  await stack.deliver("apps");
  await stack.deployed(name, second);
});

const live = async (): Promise<string | undefined> => (await stack.configMaps(name))["settings"]?.["text"];

async function rollback(body: object = {}): Promise<RollbackAccepted> {
  const { status, body: accepted } = await stack.api<RollbackAccepted>("POST", `/applications/${name}/rollback`, body);
  expect(status, JSON.stringify(accepted)).toBe(202);
  expect(await stack.ended(name, accepted.operation)).toMatchObject({ kind: "rollback", result: "Succeeded" });
  return accepted;
}

async function ask(path: string, body: object = {}): Promise<string> {
  const { status, body: accepted } = await stack.api<Accepted>("POST", `/applications/${name}/${path}`, body);
  expect(status, JSON.stringify(accepted)).toBe(202);
  return accepted.operation;
}

describe("a rollback with auto-sync on", () => {
  it("applies the earlier version again with Git gone, prunes what came since, and says why it is OutOfSync", async () => {
    await rename(git.path, `${git.path}.gone`);
    try {
      const { revision } = await rollback();
      expect(revision).toBe(first);
      expect(await live()).toBe("one");
      expect(await stack.configMaps(name)).not.toHaveProperty("new");
      const { status } = await stack.application(name);
      expect(status.deployed).toMatchObject({ revision: first });
      expect(status.sync).toMatchObject({ status: "OutOfSync", revision: second });
      expect(status.excluded).toMatchObject([{ revision: second, reason: "RolledBack", by: { name: "admin" } }]);
    } finally {
      await rename(`${git.path}.gone`, git.path);
    }
  });

  it("is undone by no webhook, no change of the configuration and no drift; drift is put back to it", async () => {
    await rollback();
    const { operations } = await stack.outcome(await stack.deliver("apps"));
    for (const { operation, application: of } of operations) if (of === name) await stack.ended(name, operation);
    expect(await live()).toBe("one");

    const before = (await stack.operations(name))[0]?.id;
    await stack.apply(application(name, { repoURL, path: name }, { syncPolicy: { ...POLICY, timeout: "9m" } }));
    const compared = await until("the operation of the change", async () => {
      const [newest] = await stack.operations(name);
      return newest?.id !== before && newest?.result !== "Running" && newest;
    });
    expect(compared).toMatchObject({ kind: "sync", result: "Compared" });
    expect(compared.message).toContain(second.slice(0, 12));
    expect(await live()).toBe("one");

    const path = `/api/v1/namespaces/${name}/configmaps/settings`;
    await stack.cluster().request(path, {
      method: "PATCH",
      contentType: "application/merge-patch+json",
      body: { data: { text: "by hand" } },
    });
    await until("the earlier version put back", async () => (await live()) === "one");
    const { status } = await until("no drift", async () => {
      const seen = await stack.application(name);
      return seen.status.drift.length === 0 && seen.status.running === undefined && seen;
    });
    expect(status.sync).toMatchObject({ status: "OutOfSync", revision: second });
    expect(status.excluded).toHaveLength(1);
  });

  it("ends with a newer commit, which is deployed and releases what was excluded", async () => {
    await rollback();
    const third = await write("three");
    await stack.deliver("apps");
    const { status } = await stack.deployed(name, third);
    expect(await live()).toBe("three");
    expect(status.excluded).toBeUndefined();
    expect((await stack.events(name)).find(({ type }) => type === "RevisionReleased")?.data).toMatchObject({
      revision: second,
      reason: "NewerRevision",
    });
  });

  it("ends with a release, which deploys what Git says", async () => {
    await rollback();
    const operation = await ask("release", { revision: second.slice(0, 8) });
    expect(await stack.ended(name, operation)).toMatchObject({ kind: "sync", result: "Succeeded" });
    expect(await live()).toBe("two");
    const { status } = await stack.application(name);
    expect(status.excluded).toBeUndefined();
    expect(status.sync.status).toBe("Synced");
    const again = await stack.api("POST", `/applications/${name}/release`, {});
    expect(again).toMatchObject({ status: 409, body: { code: "Conflict" } });
  });

  it("ends with a sync of the left revision by its name, but not with a sync that names nothing", async () => {
    await rollback();
    const refused = await stack.ended(name, await ask("sync"));
    expect(refused).toMatchObject({ result: "Failed", code: "RevisionExcluded" });
    expect(refused.message).toContain(`sluice app release ${name}`);
    expect((await stack.application(name)).status.sync.status).toBe("OutOfSync");
    expect(await live()).toBe("one");
    expect(await stack.ended(name, await ask("sync", { revision: second }))).toMatchObject({ result: "Succeeded" });
    expect(await live()).toBe("two");
    expect((await stack.application(name)).status.excluded).toBeUndefined();
  });
});

describe("which version", () => {
  it("may be named by its operation or revision; twice without a name goes back twice", async () => {
    const third = await write("three");
    await stack.deliver("apps");
    const { status } = await stack.deployed(name, third);
    const { operation: deployedThird } = status.deployed!;
    expect((await rollback()).revision).toBe(second);
    expect(await live()).toBe("two");
    expect((await rollback()).revision).toBe(first);
    expect(await live()).toBe("one");
    expect((await rollback({ operation: deployedThird })).revision).toBe(third);
    expect(await live()).toBe("three");
    expect((await rollback({ operation: first.slice(0, 10) })).revision).toBe(first);
  });

  it("that is not there is refused with those there are", async () => {
    const { status, body } = await stack.api("POST", `/applications/${name}/rollback`, { operation: "nothing" });
    expect(status).toBe(404);
    expect(JSON.stringify(body)).toContain(second.slice(0, 8));
  });
});

describe("a revert commit", () => {
  it("brings the earlier content back on the branch, and the application is Synced with it", async () => {
    const other = await git.commit({ "other/file.txt": "kept" }, "of somebody else");
    await rollback({ revert: {} });
    const pushed = (await stack.events(name)).find(({ type }) => type === "RevertPushed");
    expect(pushed?.data).toMatchObject({ branch: "main", revision: first, result: "pushed" });
    const { commit } = pushed!.data as { commit: string };
    expect(await git.head()).toBe(commit);
    expect((await git.git("rev-parse", `${commit}^`)).trim()).toBe(other);
    expect(await git.read(`${name}/cm.yaml`)).toContain("one");
    expect(await git.read("other/file.txt")).toBe("kept");
    expect(await git.git("log", "-1", "--format=%B", commit)).toContain("Sluice-Operation: rollback-");

    await stack.deliver("apps");
    const { status } = await stack.deployed(name, commit);
    expect(status.sync.status).toBe("Synced");
    expect(status.excluded).toBeUndefined();
    expect(await live()).toBe("one");
  });

  it("goes to a new branch where one is named", async () => {
    await rollback({ revert: { branch: `revert/${name}` } });
    expect(await git.read(`${name}/cm.yaml`, `revert/${name}`)).toContain("one");
    expect(await git.head()).toBe(second);
  });

  it("that can't be pushed fails no rollback, and is on record", async () => {
    await rename(git.path, `${git.path}.gone`);
    try {
      await rollback({ revert: { branch: "main" } });
    } finally {
      await rename(`${git.path}.gone`, git.path);
    }
    expect(await live()).toBe("one");
    const failed = (await stack.events(name)).find(({ type }) => type === "RevertFailed");
    expect(failed?.data).toMatchObject({ code: "SourceForbidden", message: expect.stringContaining("no repository") });
    expect((await stack.application(name)).status.revert).toMatchObject({ message: failed?.data["message"] });
  });
});
