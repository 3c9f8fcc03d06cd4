import { Client, Connection } from "@temporalio/client";
import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { startGitServer, type EmbeddedGitServer, type GitFixture } from "../../adapters/embedded/index.ts";
import { createBlobs } from "../../adapters/nats/blobs.ts";
import { connectNats } from "../../adapters/nats/connection.ts";
import { loadKeyring } from "../../adapters/secrets/keyring.ts";
import { openObject } from "../../adapters/secrets/objects.ts";
import { API_PREFIX, ROUTES } from "../../schemas/api/routes.ts";
import type { Artifact, RawObject } from "../../schemas/artifact.ts";
import { type Canary, canariesIn, filesWith, watchArguments } from "../fixtures/canary.ts";
import { application, configMap } from "../fixtures/configuration.ts";
import { natsOf } from "../fixtures/embedded-process.ts";
import { storedMessages, streamNames } from "../fixtures/stored-messages.ts";
import { Stack, until } from "../fixtures/stack.ts";
import { deliverWebhook } from "../fixtures/webhook-sender.ts";

/**
 * Values that nobody may ever see, in every place where Sluice takes one, and a search of everything it leaves behind. Git itself
 * holds what is in a manifest, so its mirrors are left out for those; so is the cluster's own etcd.
 */

const secretValue = (what: string): Canary => ({ what, value: `canary-${what}-${randomBytes(9).toString("hex")}` });
const data = secretValue("data");
const stringData = secretValue("string-data");
const kustomized = secretValue("kustomize-literal");
const templated = secretValue("helm-value");
const refused = secretValue("refused-by-the-api-server");
const annotated = secretValue("last-applied");
const password = secretValue("repository-password");
const webhookSecret = secretValue("webhook-secret");
/** A number where a text must be: the API server quotes it in its error. */
const mistyped: Canary = { what: "mistyped", value: `7${randomBytes(6).readUIntBE(0, 6)}` };
/** Not secret: shows that the search finds what is there. */
const marker: Canary = { what: "marker", value: `marker-${randomBytes(9).toString("hex")}` };

let stack: Stack;
let host: EmbeddedGitServer;
let git: GitFixture;
let repoURL: string;
let canaries: Canary[];
let watched: { seen: string[]; programs: string[] };

const secret = (name: string, more: object): string =>
  JSON.stringify({ apiVersion: "v1", kind: "Secret", metadata: { name }, ...more });
const base64 = (text: string): string => Buffer.from(text).toString("base64");

function files(generation: string): Record<string, string> {
  const lastApplied = JSON.stringify({ data: { token: base64(annotated.value) } });
  const annotations = { "kubectl.kubernetes.io/last-applied-configuration": lastApplied };
  return {
    "plain/data.yaml": secret("in-data", { data: { token: base64(data.value + generation) } }),
    "plain/string-data.yaml": secret("in-string-data", { stringData: { token: stringData.value + generation } }),
    "plain/annotated.yaml": secret("annotated", { metadata: { name: "annotated", annotations } }),
    "plain/marker.yaml": configMap("marker", { marker: marker.value + generation }),
    "kustomize/kustomization.yaml": `secretGenerator:\n- name: generated\n  literals: [token=${kustomized.value}${generation}]\n`,
    "helm/Chart.yaml": "apiVersion: v2\nname: chart\nversion: 1.0.0\n",
    "helm/templates/secret.yaml":
      "apiVersion: v1\nkind: Secret\nmetadata: {name: templated}\nstringData: {token: {{ .Values.token | quote }}}\n",
    "helm/prod.yaml": `token: ${templated.value}${generation}\n`,
    "refused/docker.yaml": secret("docker", {
      type: "kubernetes.io/dockerconfigjson",
      stringData: { ".dockerconfigjson": refused.value },
    }),
    "refused/base64.yaml": secret("base64", { data: { token: `!${refused.value}` } }),
    "refused/mistyped.yaml": `apiVersion: v1\nkind: Secret\nmetadata: {name: mistyped}\nstringData: {token: ${mistyped.value}}\n`,
    "refused/other.yaml": configMap("other", { fine: "yes" }),
  };
}

beforeAll(async () => {
  stack = await Stack.start({ controllers: false, environment: { SLUICE_LOG_LEVEL: "trace" } });
  await stack.prepare();
  const auth = { username: "reader", password: password.value };
  host = await startGitServer({ root: join(stack.root, "private-git"), auth });
  ({ url: repoURL, repository: git } = await host.createRepository("private"));
  const token = { what: "cluster-token", value: stack.cluster().token };
  const bearer = { what: "api-token", value: (await readFile(join(stack.playground.dataDir, "token"), "utf8")).trim() };
  const manifests = [data, stringData, kustomized, templated, refused, annotated, mistyped];
  canaries = [...manifests, password, webhookSecret, token, bearer];
  const sampling = watchArguments(canaries);
  await stack.apply({
    apiVersion: "sluice.dev/v1",
    kind: "Repository",
    metadata: { name: "private" },
    spec: { url: repoURL, credentials: auth, webhook: { provider: "github", secret: webhookSecret.value } },
  });
  await git.commit(files("-1"), "secrets");
  await stack.apply(
    application("plain", { repoURL, path: "plain" }),
    application("kustomize", { repoURL, path: "kustomize" }),
    application("helm", { repoURL, path: "helm", helm: { valueFiles: ["prod.yaml"] } }),
    application("refused", { repoURL, path: "refused" }),
  );
  const failing = await until("the failure", async () => {
    const { last } = (await stack.application("refused")).status;
    return last?.result === "Failed" && last;
  });
  expect(failing.noted.map(({ object }) => object).toSorted()).toEqual(
    ["base64", "docker", "mistyped"].map((name) => `/Secret/refused/${name}`),
  );
  const second = await git.commit(files("-2"), "other secrets");
  const webhook = { url: stack.url, repository: "private", repoURL, secret: webhookSecret.value };
  await stack.outcome(await deliverWebhook(webhook));
  for (const name of ["plain", "kustomize", "helm"]) await stack.deployed(name, second);
  // A change by hand, so that a diff has a Secret in it on both sides.
  await stack.cluster().request("/api/v1/namespaces/plain/secrets/in-data?fieldManager=by-hand", {
    method: "PATCH",
    contentType: "application/merge-patch+json",
    body: { data: { token: base64(`${data.value}-by-hand`) } },
  });
  await until("the drift", async () => (await stack.application("plain")).status.drift.length > 0);
  for (const name of ["plain", "refused"]) {
    const { body } = await stack.api("POST", `/applications/${name}/refresh`);
    await stack.ended(name, body.operation);
  }
  watched = sampling.stop();
});

afterAll(async () => {
  await stack?.stop();
  await host?.stop();
});

it("the cluster has the true values", async () => {
  const { body } = await stack.cluster().request("/api/v1/namespaces/plain/secrets/in-string-data");
  expect(body.data.token).toBe(base64(`${stringData.value}-2`));
});

it("no stream of NATS holds one, in no message and no file", async () => {
  const nats = await natsOf(stack.playground.dataDir);
  let markers = 0;
  for (const stream of await streamNames(nats)) {
    for (const { sequence, subject, data: bytes } of await storedMessages(nats, stream)) {
      expect(canariesIn(bytes, canaries), `${stream} ${subject} ${sequence}`).toEqual([]);
      markers += canariesIn(bytes, [marker]).length;
    }
  }
  expect(markers, "the search finds what is there").toBeGreaterThan(0);
});

it("no file that Sluice, NATS or Temporal wrote holds one, but the token's own and Git's mirrors", async () => {
  const { root } = stack;
  const apart = ["clusters", "etcd", "git", "private-git", "sluice/mirrors", "sluice/token"].map((path) =>
    join(root, path),
  );
  expect(await filesWith(root, canaries, (path) => apart.includes(path))).toEqual([]);
  const marked = await filesWith(root, [marker], (path) => apart.includes(path));
  expect(marked.join("\n"), "the search finds what is there").toContain("jetstream");
  const credentials = canaries.filter(({ what }) => /password|webhook|token$/.test(what));
  expect(await filesWith(join(root, "sluice/mirrors"), credentials, () => false)).toEqual([]);
});

it("no workflow history holds one", async () => {
  const port = (await readFile(join(stack.playground.dataDir, "temporal/run/temporal.port"), "utf8")).trim();
  const connection = await Connection.connect({ address: `127.0.0.1:${port}` });
  try {
    const client = new Client({ connection });
    let histories = 0;
    for await (const { workflowId, runId } of client.workflow.list()) {
      const history = await client.workflow.getHandle(workflowId, runId).fetchHistory();
      const payloads: Uint8Array[] = [];
      const text = JSON.stringify(history, (_key, value: unknown) => {
        if (value instanceof Uint8Array) payloads.push(value);
        return value;
      });
      expect(
        [text, ...payloads].flatMap((part) => canariesIn(part, canaries)),
        workflowId,
      ).toEqual([]);
      histories++;
    }
    expect(histories).toBeGreaterThan(3);
  } finally {
    await connection.close();
  }
});

it("no answer of the API and no metric holds one", async () => {
  const names: Record<string, string[]> = {
    applications: ["plain", "kustomize", "helm", "refused"],
    projects: ["everything"],
    clusters: ["staging"],
    repositories: ["private"],
  };
  let answers = 0;
  for (const route of Object.values(ROUTES).filter(({ method }) => method === "GET")) {
    const root = route.path.split("/")[1] ?? "";
    const paths = route.path.startsWith("/operations")
      ? await operationPaths(names["applications"] ?? [])
      : route.path.includes(":name")
        ? (names[root] ?? []).map((name) => route.path.replace(":name", name))
        : [route.path];
    for (const path of paths) {
      const { status, text } = await get(`${API_PREFIX}${path}`);
      expect(canariesIn(text, canaries), `${path}: ${text.slice(0, 2_000)}`).toEqual([]);
      expect(status, path).toBeLessThan(500);
      answers++;
    }
  }
  expect(answers).toBeGreaterThan(30);
  expect(canariesIn((await get("/metrics")).text, canaries)).toEqual([]);
  const diff = await get(`${API_PREFIX}/applications/plain/diff`);
  expect(diff.text, "the change of the Secret is seen all the same").toContain("keyed:");
});

async function operationPaths(applications: readonly string[]): Promise<string[]> {
  const all = await Promise.all(applications.map((name) => stack.operations(name)));
  return all.flat().map(({ application: name, id }) => `/operations/${name}/${id}`);
}

async function get(path: string): Promise<{ status: number; text: string }> {
  const authorization = `Bearer ${(await readFile(join(stack.playground.dataDir, "token"), "utf8")).trim()}`;
  const response = await fetch(`${stack.url}${path}`, { headers: { authorization } });
  return { status: response.status, text: await response.text() };
}

it("no process was given one as an argument while sources were fetched and rendered", () => {
  expect(watched.seen).toEqual([]);
  expect(watched.programs).toEqual(expect.arrayContaining(["git"]));
});

it("the artifact holds the values sealed, so that it can be applied again without Git", async () => {
  const { dataDir } = stack.playground;
  const { deployed } = (await stack.application("plain")).status;
  const connection = await connectNats({ ...(await natsOf(dataDir)), name: "test-reader" });
  try {
    const artifact = await createBlobs(connection).getJson<Artifact>(deployed!.artifact);
    const sealed = artifact.objects.find(({ metadata }) => metadata.name === "in-data") as RawObject & {
      data: { token: string };
    };
    expect(sealed.data.token).toMatch(/^sealed:v1:/);
    const keyring = await loadKeyring(join(dataDir, "keys", "master.key"));
    expect(openObject(sealed, keyring).data.token).toBe(base64(`${data.value}-2`));
  } finally {
    await connection.close();
  }
});
