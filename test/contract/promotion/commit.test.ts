import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createCommitRelease, type CommitDeps } from "../../../activities/promotion/commit.ts";
import type { Moving } from "../../../activities/promotion/moving.ts";
import type { GitFixture } from "../../../adapters/embedded/index.ts";
import { createCommits } from "../../../adapters/git/commit.ts";
import type { Mirrors } from "../../../adapters/git/mirrors.ts";
import { fingerprintOf, parseSshKey, publicKeyOf } from "../../../adapters/git/ssh-key.ts";
import { sshSignature } from "../../../adapters/git/ssh-signature.ts";
import { RELEASE_EDITOR } from "../../../adapters/manifests/release-editor.ts";
import { createKeyring } from "../../../adapters/secrets/keyring.ts";
import { PipelineSpec } from "../../../schemas/kinds/pipeline.ts";
import type { ReleaseView } from "../../../schemas/promotion-views.ts";
import { gitMirrors } from "../git/git-mirrors.ts";

const run = promisify(execFile);
const { openMirrors, repositoryOf } = gitMirrors();
const DIGEST = `sha256:${"a".repeat(64)}`;
const AT = "2026-01-02T03:04:05Z";
const ADA = { kind: "user", name: "ada" } as const;

const VALUES = "# values\nimage: &image   # shared with nobody\n  tag: 1.9 # the tag\nother: 1\n";
const KUSTOMIZATION = "resources:\n- a.yaml\nimages:\n- name: web # ours\n  newTag: '1'\n";
const CHART = "apiVersion: v2\nname: shop\nversion: 0.1.0\ndependencies:\n  - name: base # ours\n    version: 1.0.0\n";
const FILES = {
  "values.yaml": VALUES,
  "prod/kustomization.yaml": KUSTOMIZATION,
  "prod/a.yaml": "a: 1\n",
  "chart/Chart.yaml": CHART,
  "crds/old.yaml": "old: 1\n",
  "crds/same.yaml": "same: 1\n",
};

const releaseOf = (more: Partial<ReleaseView["content"]> = {}): ReleaseView => ({
  source: "shop",
  release: "f".repeat(40),
  alias: "brave-otter",
  content: {
    commits: [],
    images: [{ subscription: "web", repository: "ghcr.io/acme/web", tag: "1.10", digest: DIGEST }],
    charts: [{ subscription: "base", repoURL: "oci://ghcr.io/acme/base", version: "2.0.0" }],
    ...more,
  },
  ...({ commits: [], origin: "manual", by: ADA, createdAt: AT, sequence: 1 } as const),
});

const stage = (name: string, url: string, edits: object[], more: object = {}) => {
  const { mode = "commit", ...method } = more as { mode?: string };
  const commit = { repoURL: url, edits, ...method };
  return { name, after: [], applications: { names: ["*"] }, promotion: { mode, commit } };
};
const moving = (stages: object[], more: Partial<Moving> = {}): Moving => ({
  pipeline: "shop",
  spec: PipelineSpec.parse({ releaseSource: "shop", stages }),
  stage: "prod",
  release: releaseOf(),
  promotion: "prod-1",
  ...more,
});
const setTag = [{ yaml: { path: "values.yaml", key: "image.tag", value: { image: "web", part: "tag" } } }];

interface World {
  url: string;
  repository: GitFixture;
  deps: CommitDeps;
}

const depsOf = (mirrors: Mirrors, more: Partial<CommitDeps> = {}): CommitDeps => ({
  commits: createCommits({ mirrors, seals: createKeyring([new Uint8Array(32)]), attempts: 60 }),
  editor: RELEASE_EDITOR,
  ensure: mirrors.ensure,
  refusal: async () => undefined,
  signer: async (name) => Promise.reject(new Error(`no key ${name}`)),
  ...more,
});

async function world(more: Partial<CommitDeps> = {}): Promise<World> {
  const { url, repository } = await repositoryOf();
  await repository.commit(FILES, "first");
  const { mirrors } = await openMirrors();
  return { url, repository, deps: depsOf(mirrors, more) };
}

const asked = (input: Moving) => ({ ...input, actor: ADA, requestedAt: AT });

describe("a release's commit", () => {
  it("makes every kind of edit and keeps comments, order and anchors", async () => {
    const { url, repository, deps } = await world();
    const source = await repositoryOf();
    const commit = await source.repository.commit(
      { "deploy/crds/same.yaml": "same: 1\n", "deploy/crds/new.yaml": "new: 1\n" },
      "code",
    );
    const edits = [
      ...setTag,
      { kustomize: { path: "prod", images: [{ name: "web", image: "web", digest: false }] } },
      {
        helm: {
          path: "values.yaml",
          values: [{ key: "other", value: { image: "web", part: "tag", format: "v{value}" } }],
        },
      },
      { helm: { path: "chart", dependencies: [{ name: "base", chart: "base" }] } },
      { copy: { git: "code", from: "deploy/crds", to: "crds" } },
    ];
    const release = releaseOf({ commits: [{ subscription: "code", repoURL: source.url, commit }] });
    const { commitRelease } = createCommitRelease(deps);
    const done = await commitRelease(asked(moving([stage("prod", url, edits)], { release })));
    expect(done).toEqual({ repoURL: url, branch: "main", commit: await repository.head(), result: "pushed" });
    expect(await repository.read("values.yaml")).toBe(
      VALUES.replace("tag: 1.9 ", 'tag: "1.10" ').replace("other: 1", "other: v1.10"),
    );
    // A name of its own in the registry is a line more, so this file is written anew.
    expect(await repository.read("prod/kustomization.yaml")).toBe(
      'resources:\n- a.yaml\nimages:\n- name: web # ours\n  newTag: "1.10"\n  newName: ghcr.io/acme/web\n'.replaceAll(
        '"',
        "'",
      ),
    );
    expect(await repository.read("chart/Chart.yaml")).toBe(CHART.replace("1.0.0", "2.0.0"));
    const listed = await repository.git("ls-tree", "-r", "--name-only", "main", "crds");
    expect(listed.trim().split("\n")).toEqual(["crds/new.yaml", "crds/same.yaml"]);
    expect(
      await repository.git("log", "-1", "--format=%an|%ae|%aI|%s|%(trailers:key=Sluice-Operation,valueonly)", "main"),
    ).toBe("ada|sluice@sluice.dev|2026-01-02T03:04:05+00:00|Promote brave-otter to shop/prod|prod-1\n\n");
    await repository.git("fsck", "--strict");
  });

  it("has the message and author that are configured", async () => {
    const { url, repository, deps } = await world();
    const method = {
      message: "chore({stage}): {alias} {release} {promotion} {nothing}",
      author: { name: "Bot", email: "bot@example.com" },
    };
    await createCommitRelease(deps).commitRelease(asked(moving([stage("prod", url, setTag, method)])));
    expect(await repository.git("log", "-1", "--format=%an|%ae|%s", "main")).toBe(
      `Bot|bot@example.com|chore(prod): brave-otter ${"f".repeat(40)} prod-1 {nothing}\n`,
    );
  });

  it("for a pull request stands on a branch of its own", async () => {
    const { url, repository, deps } = await world();
    const head = await repository.head();
    const input = asked(moving([stage("prod", url, setTag, { mode: "pullRequest" })]));
    const { commitRelease } = createCommitRelease(deps);
    const done = await commitRelease(input);
    expect(done).toMatchObject({ branch: "sluice/shop/prod/prod-1", result: "pushed" });
    expect(await repository.head("sluice/shop/prod/prod-1")).toBe(done.commit);
    expect(await repository.head()).toBe(head);
    expect(await commitRelease(input)).toMatchObject({ commit: done.commit, result: "already" });
  });

  it("of a release that is there already is none", async () => {
    const { url, repository, deps } = await world();
    const { commitRelease } = createCommitRelease(deps);
    await commitRelease(asked(moving([stage("prod", url, setTag)])));
    const head = await repository.head();
    const again = await commitRelease(asked(moving([stage("prod", url, setTag)], { promotion: "prod-2" })));
    expect(again).toEqual({ repoURL: url, branch: "main", commit: head, result: "unchanged" });
    const asked3 = asked(moving([stage("prod", url, setTag, { mode: "pullRequest" })], { promotion: "prod-3" }));
    expect(await commitRelease(asked3)).toMatchObject({ commit: head, result: "unchanged" });
    expect((await repository.git("branch", "--list", "--format=%(refname:short)")).trim()).toBe("main");
  });

  it("can be looked at before: the repository knows nothing of it, and its files are those that are pushed", async () => {
    const { url, repository, deps } = await world();
    const head = await repository.head();
    const { preview, commitRelease } = createCommitRelease(deps);
    const input = moving([stage("prod", url, setTag)]);
    const { commit } = await preview(input);
    expect(await repository.head()).toBe(head);
    await expect(repository.git("cat-file", "-e", commit)).rejects.toThrow();
    const tree = await deps.ensure(url, commit);
    const [seen] = await tree.entries(["values.yaml"]);
    tree.close();
    await commitRelease(asked(input));
    expect((await repository.git("rev-parse", "main:values.yaml")).trim()).toBe(seen!.oid);
  });
});

describe("what can't be edited", () => {
  it("is refused with every place, and nothing is pushed", async () => {
    const { url, repository, deps } = await world();
    await repository.commit(
      { "odd.yaml": "a: &x 1\nb: *x\n", "bin.yaml": Buffer.from([0xff, 0xfe]).toString("latin1") },
      "odd",
    );
    const head = await repository.head();
    const value = { image: "web", part: "tag" };
    const edits = [
      ...setTag,
      { yaml: { path: "values.yaml", key: "image.none", value } },
      { yaml: { path: "nowhere.yaml", key: "a", value } },
      { yaml: { path: "odd.yaml", key: "b", value } },
      { yaml: { path: "prod", key: "b", value } },
      { kustomize: { path: "chart", images: [{ image: "web" }] } },
      { helm: { path: "chart", dependencies: [{ name: "redis", chart: "base" }] } },
      { helm: { path: "../out.yaml", values: [{ key: "a", value }] } },
    ];
    const error: unknown = await createCommitRelease(deps)
      .commitRelease(asked(moving([stage("prod", url, edits)])))
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code: "InvalidInput",
      message: expect.stringContaining("values.yaml:3 can't be edited: it has no image.none"),
    });
    expect((error as { problems: object[] }).problems).toEqual([
      { file: "values.yaml", line: 3, path: "edits[1].yaml", message: "it has no image.none" },
      { file: "nowhere.yaml", path: "edits[2].yaml", message: "it is not in the repository" },
      { file: "odd.yaml", line: 2, path: "edits[3].yaml", message: expect.stringContaining("*x") },
      { file: "prod", path: "edits[4].yaml", message: "it is a directory" },
      { file: "chart", path: "edits[5].kustomize", message: "there is no kustomization in it" },
      { file: "chart/Chart.yaml", path: "edits[6].helm", message: "it has no dependency redis" },
      { file: "../out.yaml", path: "edits[7].helm", message: expect.stringContaining("leaves the repository") },
    ]);
    expect(await repository.head()).toBe(head);
  });

  it("is refused in a repository that the project may not use, and without the key that it asks for", async () => {
    const { url, deps } = await world({
      refusal: async (project, repoURL) => `Project ${project} may not use ${repoURL}`,
    });
    const input = asked(moving([stage("prod", url, setTag)]));
    await expect(createCommitRelease(deps).commitRelease(input)).rejects.toMatchObject({ code: "Forbidden" });
    const other = await world();
    const signed = asked(moving([stage("prod", other.url, setTag, { signingKey: "release" })]));
    await expect(createCommitRelease(other.deps).commitRelease(signed)).rejects.toThrow("no key release");
  });
});

describe("many promotions into one branch", () => {
  const names = Array.from({ length: 20 }, (_, at) => `stage-${at}`);

  it(
    "of 20 stages at once, from three processes, all land, none twice, while others push too",
    { timeout: 120_000 },
    async () => {
      const { url, repository } = await repositoryOf();
      const files = Object.fromEntries(names.map((name) => [`${name}/values.yaml`, `# ${name}\nimage:\n  tag: old\n`]));
      await repository.commit(files, "first");
      const processes = await Promise.all([0, 1, 2].map(async () => depsOf((await openMirrors()).mirrors)));
      const edits = (name: string) => [
        { yaml: { path: `${name}/values.yaml`, key: "image.tag", value: { image: "web", part: "tag" } } },
      ];
      const spec = PipelineSpec.parse({
        releaseSource: "shop",
        stages: names.map((name) => stage(name, url, edits(name))),
      });
      const promote = (name: string, at: number) =>
        createCommitRelease(processes[at % 3]!).commitRelease({
          ...asked({ pipeline: "shop", spec, stage: name, release: releaseOf(), promotion: `${name}-p` }),
        });
      let over = false;
      const others = (async () => {
        for (let count = 0; !over && count < 5; count += 1)
          await repository.commit({ "README.md": `${count}\n` }, "by a person");
      })();
      const done = await Promise.all(names.map(promote));
      over = true;
      await others;
      expect(done.map(({ result }) => result)).toEqual(names.map(() => "pushed"));
      // Asked again, as after a kill between push and record: each finds its own commit.
      const again = await Promise.all(names.map((name, at) => promote(name, at + 1)));
      expect(again.map(({ commit, result }) => [commit, result])).toEqual(
        done.map(({ commit }) => [commit, "already"]),
      );
      const trailers = await repository.git(
        "log",
        "--format=%(trailers:key=Sluice-Operation,valueonly,separator=%x2c)",
        "main",
      );
      expect(trailers.split("\n").filter(Boolean).sort()).toEqual(names.map((name) => `${name}-p`).sort());
      for (const name of names)
        expect(await repository.read(`${name}/values.yaml`)).toBe(`# ${name}\nimage:\n  tag: "1.10"\n`);
      // One line of history: every rejected push was made anew on top of what was there.
      expect((await repository.git("rev-list", "--merges", "--count", "main")).trim()).toBe("0");
      await repository.git("fsck", "--strict");
    },
  );

  it("when the push reached the repository and nobody heard of it, the second try finds it", async () => {
    const { url, repository, deps } = await world();
    const lost: CommitDeps = {
      ...deps,
      commits: {
        ...deps.commits,
        push: async (request) => {
          await deps.commits.push(request);
          throw new Error("killed between push and record");
        },
      },
    };
    const input = asked(moving([stage("prod", url, setTag)]));
    await expect(createCommitRelease(lost).commitRelease(input)).rejects.toThrow("killed");
    const pushed = await repository.head();
    await repository.commit({ "values.yaml": VALUES, "README.md": "others went on, and undid it\n" }, "newer");
    const { mirrors } = await openMirrors();
    const again = await createCommitRelease(depsOf(mirrors)).commitRelease(input);
    expect(again).toEqual({ repoURL: url, branch: "main", commit: pushed, result: "already" });
    expect(await repository.read("values.yaml")).toBe(VALUES);
  });
});

describe("a signed commit", () => {
  let dir: string;
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), "sluice-signing-"));
  });
  afterAll(() => rm(dir, { recursive: true, force: true }));

  it.each([
    ["ed25519", []],
    ["ecdsa", ["-b", "256"]],
    ["ecdsa", ["-b", "521"]],
    ["rsa", ["-b", "3072"]],
  ])("with an %s key %j verifies against allowed_signers, and against no other key", async (type, more) => {
    const at = join(dir, `${type}-${more.join("")}`);
    const keygen = (path: string) =>
      run("ssh-keygen", ["-q", "-t", type, ...more, "-N", "", "-C", "sluice", "-f", path]);
    await Promise.all([keygen(at), keygen(`${at}-other`)]);
    const key = parseSshKey(await readFile(at, "utf8"));
    expect(publicKeyOf(key)).toBe((await readFile(`${at}.pub`, "utf8")).replace(/ sluice\n$/, ""));
    expect((await run("ssh-keygen", ["-l", "-f", at])).stdout).toContain(fingerprintOf(key));

    const { url, repository, deps } = await world({ signer: async () => (payload) => sshSignature(key, payload) });
    const input = asked(moving([stage("prod", url, setTag, { signingKey: "release" })]));
    const done = await createCommitRelease(deps).commitRelease(input);
    expect(done).toMatchObject({ result: "pushed", signed: true });
    const other = (await readFile(`${at}-other.pub`, "utf8")).trim();
    await writeFile(`${at}.allowed`, `sluice@sluice.dev ${publicKeyOf(key)}\n`);
    await writeFile(`${at}.foreign`, `sluice@sluice.dev ${other}\n`);
    const verify = (allowed: string) =>
      repository.git(
        "-c",
        "gpg.format=ssh",
        "-c",
        `gpg.ssh.allowedSignersFile=${allowed}`,
        "verify-commit",
        "--raw",
        done.commit,
      );
    await verify(`${at}.allowed`);
    await expect(verify(`${at}.foreign`)).rejects.toThrow();
    await repository.git("fsck", "--strict");
    expect(await createCommitRelease(deps).commitRelease(input)).toMatchObject({
      commit: done.commit,
      result: "already",
    });
  });

  it("is not made with what is no key, has a passphrase, or is cut short; no message shows any of it", async () => {
    const at = join(dir, "locked");
    await run("ssh-keygen", ["-q", "-t", "ed25519", "-N", "secret-phrase", "-f", at]);
    const locked = await readFile(at, "utf8");
    expect(() => parseSshKey(locked)).toThrow("passphrase");
    expect(() => parseSshKey("canary-51c2")).toThrow(/^(?!.*canary).*OpenSSH/);
    await run("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", `${at}-open`]);
    const text = await readFile(`${at}-open`, "utf8");
    for (const cut of [80, 150, 250]) expect(() => parseSshKey(text.slice(0, cut))).toThrow(/damaged/);
  });
});
