import { randomBytes } from "node:crypto";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { AnyObject } from "../../adapters/embedded/kubernetes/api-client.ts";
import type { GitFixture } from "../../adapters/embedded/index.ts";
import { tokenOf } from "../../services/demo/playground.ts";
import { type Canary, canariesIn, filesWith } from "../fixtures/canary.ts";
import { application, configMap } from "../fixtures/configuration.ts";
import { natsOf } from "../fixtures/embedded-process.ts";
import { Stack, until } from "../fixtures/stack.ts";
import { storedMessages, streamNames } from "../fixtures/stored-messages.ts";
import { cli, type Ran } from "../services/cli/cli.ts";

/** Differences on real servers: what counts as one, what does not, and how the files on somebody's machine compare. */

const canary = (what: string): Canary => ({ what, value: `canary-${what}-${randomBytes(9).toString("hex")}` });
const local = canary("local-secret");
const deployed = canary("deployed-secret");

let stack: Stack;
let repoURL: string;
let git: GitFixture;
let revision: string;
let dir: string;

const secret = (password: string): string =>
  JSON.stringify({ apiVersion: "v1", kind: "Secret", metadata: { name: "key" }, stringData: { password } });
const base = (greeting: string, password: string): Record<string, string> => ({
  "base/kustomization.yaml": "resources: [settings.yaml, key.yaml]\n",
  "base/settings.yaml": configMap("settings", { greeting }),
  "base/key.yaml": secret(password),
  "overlay/kustomization.yaml": "resources: [../base]\nnamePrefix: prod-\n",
});
const chart = (greeting: string): Record<string, string> => ({
  "chart/Chart.yaml": "apiVersion: v2\nname: chart\nversion: 1.0.0\n",
  "chart/values.yaml": `greeting: ${greeting}\nname: nobody\n`,
  "chart/templates/settings.yaml":
    'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: chart }\ndata: { text: "{{ .Values.greeting }} {{ .Values.name }}" }\n',
});

beforeAll(async () => {
  stack = await Stack.start({ controllers: false });
  dir = await mkdtemp(join(tmpdir(), "sluice-local-"));
  await stack.prepare();
  ({ url: repoURL, fixture: git } = await stack.addRepository("apps"));
  const tuned = { "tuned/settings.yaml": configMap("settings", { replicas: "1", greeting: "one" }) };
  revision = await git.commit({ ...base("one", deployed.value), ...chart("hello"), ...tuned }, "all");
  const manual = { syncPolicy: { syncOptions: ["CreateNamespace=true" as const] } };
  const parameters = [{ name: "name", value: "world" }];
  const ignoreDifferences = [{ kind: "ConfigMap", jqPathExpressions: [".data.replicas"] }];
  await stack.apply(
    ruled("tuned", ignoreDifferences),
    ruled("managed", [{ kind: "ConfigMap", managedFieldsManagers: ["tuner"] }]),
    ruled("later", [], false),
    application("overlay", { repoURL, path: "overlay" }, manual),
    application("chart", { repoURL, path: "chart", helm: { parameters } }),
  );
  const { body } = await stack.api("POST", "/applications/overlay/sync", {});
  await stack.ended("overlay", body.operation);
  for (const name of ["tuned", "managed", "later", "overlay", "chart"]) await stack.deployed(name, revision);
}, 240_000);

afterAll(async () => {
  await stack?.stop();
  await rm(dir, { recursive: true, force: true });
});

/** An application of one ConfigMap, with rules. */
const ruled = (name: string, rules: object[], selfHeal = true): object => {
  const syncPolicy = { automated: { selfHeal }, syncOptions: ["CreateNamespace=true"] };
  const made = application(name, { repoURL, path: "tuned" }, { syncPolicy }) as { spec: object };
  return { ...made, spec: { ...made.spec, ignoreDifferences: rules } };
};

async function write(files: Record<string, string>): Promise<string> {
  const root = await mkdtemp(join(dir, "root-"));
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  }
  return root;
}

async function sluice(...args: string[]): Promise<Ran> {
  return cli(args, { env: { SLUICE_SERVER: stack.url, SLUICE_TOKEN: await tokenOf(stack.playground) } });
}

async function edit(namespace: string, data: object, manager = "somebody"): Promise<void> {
  const path = `/api/v1/namespaces/${namespace}/configmaps/settings?fieldManager=${manager}`;
  const contentType = "application/merge-patch+json";
  const { status } = await stack.cluster().request(path, { method: "PATCH", contentType, body: { data } });
  expect(status).toBe(200);
}

/** Paths of all fields that drifted of an application so far. */
async function drifted(name: string): Promise<Set<string>> {
  const drifts = (await stack.events(name)).filter(({ type }) => type === "DriftDetected");
  const objects = drifts.flatMap(({ data }) => (data as AnyObject)["objects"] as AnyObject[]);
  return new Set(objects.flatMap((one) => one["fields"] as AnyObject[]).map((field) => field["path"] as string));
}

it("an ignored field is left as somebody set it, while another one beside it is put back", async () => {
  await edit("tuned", { replicas: "7" });
  expect((await sluice("app", "diff", "tuned", "--exit-code")).code).toBe(0);
  await edit("tuned", { greeting: "by hand" });
  const settings = async () => (await stack.configMaps("tuned"))["settings"];
  await until("greeting put back", async () => (await settings())?.["greeting"] === "one", 30_000);
  expect((await settings())?.["replicas"]).toBe("7");
  await edit("tuned", { replicas: "8" });
  await edit("tuned", { greeting: "again" });
  await until("greeting put back again", async () => (await settings())?.["greeting"] === "one", 30_000);
  expect((await settings())?.["replicas"]).toBe("8");
  expect(await drifted("tuned")).toEqual(new Set([".data.greeting"]));
});

it("what an ignored field manager sets is left as it is, and what anybody else sets is put back", async () => {
  await edit("managed", { replicas: "7" }, "tuner");
  await edit("managed", { greeting: "by hand" });
  const settings = async () => (await stack.configMaps("managed"))["settings"];
  await until("greeting put back", async () => (await settings())?.["greeting"] === "one", 30_000);
  expect((await settings())?.["replicas"]).toBe("7");
  expect(await drifted("managed")).toEqual(new Set([".data.greeting"]));
});

it("a rule that comes later makes what drifted count no more, and a rule that goes makes it count again", async () => {
  const status = async () => (await stack.application("later")).status;
  await edit("later", { replicas: "7" });
  await until("the drift", async () => (await status()).drift.length > 0, 30_000);
  await stack.apply(ruled("later", [{ kind: "ConfigMap", jsonPointers: ["/data/replicas"] }], false));
  await until(
    "no drift",
    async () => {
      const { drift, sync, running } = await status();
      return drift.length === 0 && sync.status === "Synced" && running === undefined;
    },
    30_000,
  );
  expect((await stack.configMaps("later"))["settings"]?.["replicas"]).toBe("7");
  await edit("later", { replicas: "8" });
  expect((await sluice("app", "diff", "later", "--exit-code")).code).toBe(0);

  await stack.apply(ruled("later", [], false));
  await until("put back", async () => (await stack.configMaps("later"))["settings"]?.["replicas"] === "1", 30_000);
});

it("a kustomization and what it reads around it, compared as it is on this machine", async () => {
  const root = await write(base("two", local.value));
  const overlay = ["--local", join(root, "overlay")];
  const { code, out, err } = await sluice(
    "app",
    "diff",
    "overlay",
    ...overlay,
    "--local-repo-root",
    root,
    "--exit-code",
  );
  expect(code).toBe(1);
  expect(out).toContain("===== /ConfigMap/overlay/prod-settings update");
  expect(out).toContain("-  greeting: one\n+  greeting: two\n");
  expect(out).toContain("===== /Secret/overlay/prod-key update");
  expect(out).toMatch(/-  password: keyed:\w+\n\+  password: keyed:\w+\n/);
  expect(canariesIn(out + err, [local, deployed])).toEqual([]);
  expect(err).toBe("Application overlay by the local files: 2 to change.\n");

  const alone = await sluice("app", "diff", "overlay", ...overlay);
  expect(alone.code).toBe(3);
  expect(alone.err).toContain("../base");
  expect(alone.err).toContain("leaves the repository");
});

it("a chart with the application's own parameters, and manifests from standard input", async () => {
  const root = await write(chart("good morning,"));
  const { out } = await sluice("app", "diff", "chart", "--local", join(root, "chart"));
  expect(out).toContain("-  text: hello world\n+  text: good morning, world\n");
  const token = await tokenOf(stack.playground);
  const piped = await cli(["app", "diff", "chart", "--local", "-", "--exit-code", "-o", "json"], {
    env: { SLUICE_SERVER: stack.url, SLUICE_TOKEN: token },
    stdin: configMap("chart", { text: "hello world" }),
  });
  expect(piped.code).toBe(0);
  expect(JSON.parse(piped.out)).toMatchObject({ revision: "local", sync: "Synced", counts: { update: 0, prune: 0 } });
});

it("a sync of local files applies them, is no revision of Git's, and the next sync goes back to Git", async () => {
  const root = await write(base("local", local.value));
  const args = ["--local", join(root, "overlay"), "--local-repo-root", root];
  expect((await sluice("app", "sync", "overlay", ...args)).code).toBe(0);
  expect((await stack.configMaps("overlay"))["prod-settings"]).toEqual({ greeting: "local" });
  const { status } = await stack.application("overlay");
  expect(status).toMatchObject({ sync: { status: "Unknown" }, deployed: { revision } });
  expect((await sluice("app", "diff", "overlay", "--exit-code")).code).toBe(1);

  const before = (await stack.operations("overlay")).length;
  const dry = await sluice("app", "sync", "overlay", ...args, "--dry-run");
  expect(dry.code).toBe(0);
  expect(await stack.operations("overlay")).toHaveLength(before + 1);

  expect((await sluice("app", "sync", "overlay")).code).toBe(0);
  expect((await stack.configMaps("overlay"))["prod-settings"]).toEqual({ greeting: "one" });
  await stack.deployed("overlay", revision);
});

it("a sync of local files is refused where Git would undo it", async () => {
  const root = await write(chart("x"));
  const refused = await sluice("app", "sync", "chart", "--local", join(root, "chart"));
  expect(refused).toMatchObject({ code: 5, err: expect.stringContaining("chart is synced automatically") });
});

it("an invalid jq expression is refused with its line, and so is what it stands in", async () => {
  const file = await write({
    "app.yaml": [
      "apiVersion: sluice.dev/v1",
      "kind: Application",
      "metadata: { name: invalid }",
      "spec:",
      "  project: everything",
      `  source: { repoURL: "${repoURL}", path: tuned }`,
      "  destination: { name: staging }",
      "  ignoreDifferences:",
      "    - kind: ConfigMap",
      "      jqPathExpressions: ['.data.a |']",
      "",
    ].join("\n"),
  });
  const { code, err } = await sluice("apply", "-f", join(file, "app.yaml"));
  expect(code).toBe(3);
  expect(err).toContain("app.yaml:10:");
  expect(err).toContain("invalid jq: syntax error: unexpected end of the expression");
});

it("no value of a local Secret is in a stream of NATS or in a file of the server", async () => {
  const nats = await natsOf(stack.playground.dataDir);
  for (const stream of await streamNames(nats)) {
    for (const { sequence, subject, data } of await storedMessages(nats, stream)) {
      expect(canariesIn(data, [local]), `${stream} ${subject} ${sequence}`).toEqual([]);
    }
  }
  expect(await filesWith(stack.playground.dataDir, [local], () => false)).toEqual([]);
});
