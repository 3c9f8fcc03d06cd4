import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { GitFixture, KubeCluster } from "../../adapters/embedded/index.ts";
import type { ApplicationObject } from "../../schemas/api/objects.ts";
import type { Verification } from "../../schemas/api/bodies.ts";
import type { DemoApi } from "./demo-api.ts";
import { exampleFiles } from "./example-files.ts";
import type { Narrator } from "./narrator.ts";
import { sendPush } from "./webhook.ts";
import type { Playground } from "./playground.ts";
import { tellOfPromotion } from "./promotion-story.ts";
import { Failure, patient, type WaitFor } from "./waiting.ts";

/** Where `repository/` and `sluice/` of the example lie. */
export interface StoryOptions {
  playground: Playground;
  api: DemoApi;
  narrator: Narrator;
  example: string;
  /** Ends every wait, so that nothing keeps the process when the demo is interrupted. */
  signal: AbortSignal;
}

const APPLICATIONS = ["cart", "catalog", "web"];
const NAMESPACE = "storefront";
const SECRET = "the-secret-that-the-demo-shares-with-its-git-server";

/** The demo from configuration to drift; throws when anything is not as it should be. */
export async function tellStory({ playground, api, narrator, example, signal }: StoryOptions): Promise<void> {
  const { clusters, url } = playground;
  const waitFor = patient(signal);
  const { url: repoURL, repository } = await narrator.step(
    "a Git repository over HTTP, with the storefront in it",
    () => fillRepository(playground, join(example, "repository")),
  );
  await narrator.step("sluice apply: 2 clusters, 1 repository, 1 project, 3 applications", async () => {
    await api.apply([
      ...Object.values(clusters).map((cluster) => ({ file: `${cluster.name}.yaml`, text: clusterObject(cluster) })),
      { file: "repository.yaml", text: repositoryObject(repoURL) },
      ...(await exampleFiles(join(example, "sluice"), repoURL)),
    ]);
  });
  await narrator.step("first sync: web (plain YAML), cart (Kustomize), catalog (Helm) are Healthy", (progress) =>
    allHealthy(api, waitFor, progress),
  );

  const before = await Promise.all(APPLICATIONS.map((name) => api.application(name)));
  const touchedBefore = await versions(clusters);
  const commit = await narrator.step("git commit: another greeting and 3 replicas, in apps/web only", () =>
    changeWeb(repository),
  );
  const pushed = performance.now();
  await narrator.step("signed webhook: 202, it is on disk", async () => {
    const status = await sendPush({ url, repository: "storefront", repoURL, secret: SECRET, after: commit });
    if (status !== 202) throw new Error(`the webhook was answered ${status}`);
  });
  await narrator.step("the new greeting is in the cluster", () =>
    waitFor("the greeting", async () => {
      const { body } = await cluster(clusters, "staging").request(`/api/v1/namespaces/${NAMESPACE}/configmaps/web`);
      return body.data?.greeting === GREETING;
    }),
  );
  narrator.say(`             webhook to cluster: ${Math.round(performance.now() - pushed)} ms`);
  await narrator.step(`web is Synced to ${commit.slice(0, 7)} and Healthy, 3 of 3 replicas`, (progress) =>
    waitFor("web", async () => {
      const { status } = await api.application("web");
      progress(`${status.sync.status}, ${status.health.status}`);
      return status.deployed?.revision === commit && status.health.status === "Healthy";
    }),
  );
  await narrator.step("cart and catalog were not touched: same operations, same versions of every object", async () => {
    const touched = await versions(clusters);
    for (const { metadata, status } of before.filter((application) => application.metadata.name !== "web")) {
      const now = await api.application(metadata.name);
      same(`last operation of ${metadata.name}`, status.last?.id, now.status.last?.id);
      for (const [object, version] of Object.entries(touchedBefore)) {
        if (object.includes(`/${metadata.name}`)) same(object, version, touched[object]);
      }
    }
  });
  await narrator.step("kubectl scale deployment cart: seen as OutOfSync", (progress) =>
    driftCart({ playground, api, waitFor }, progress),
  );
  await tellOfPromotion({
    ...{ api, narrator, repoURL, repository, url, waitFor },
    example: join(example, "promotion"),
    pushed: async (after) => {
      const status = await sendPush({ url, repository: "storefront", repoURL, secret: SECRET, after });
      if (status !== 202) throw new Error(`the webhook was answered ${status}`);
    },
  });
  await narrator.step("the hash chain of the ledger holds", async () => {
    const { checked, broken } = await api.post<Verification>("/ledger/verify");
    if (broken.length > 0 || checked === 0) throw new Error(`${broken.length} of ${checked} links are broken`);
  });
}

const GREETING = "Welcome back to the storefront";

async function fillRepository(playground: Playground, folder: string) {
  const { url, repository } = await playground.git.createRepository("storefront");
  const names = await readdir(folder, { recursive: true, withFileTypes: true });
  const files: Record<string, string> = {};
  for (const entry of names.filter((found) => found.isFile())) {
    const path = join(entry.parentPath, entry.name);
    files[path.slice(folder.length + 1)] = await readFile(path, "utf8");
  }
  await repository.commit(files, "The storefront");
  return { url, repository };
}

const object = (kind: string, name: string, spec: object): string =>
  JSON.stringify({ apiVersion: "sluice.dev/v1", kind, metadata: { name }, spec });

const clusterObject = ({ name, server, token, caData }: KubeCluster): string =>
  object("Cluster", name, { server, credentials: { token, caData } });

const repositoryObject = (url: string): string =>
  object("Repository", "storefront", { url, webhook: { provider: "github", secret: SECRET } });

async function allHealthy(api: DemoApi, waitFor: WaitFor, progress: (text: string) => void): Promise<void> {
  await waitFor("the three applications", async () => {
    const seen = await Promise.all(APPLICATIONS.map((name) => api.application(name)));
    progress(seen.map(({ metadata, status }) => `${metadata.name} ${status.health.status}`).join(", "));
    const failed = seen.find(({ status }) => status.last?.result === "Failed");
    if (failed) throw new Failure(`${failed.metadata.name}: ${failed.status.last?.message ?? "failed"}`);
    return seen.every(isThere);
  });
}

const isThere = ({ status }: ApplicationObject): boolean =>
  status.sync.status === "Synced" && status.health.status === "Healthy" && status.running === undefined;

async function changeWeb(repository: GitFixture): Promise<string> {
  const path = "apps/web/web.yaml";
  const text = await repository.read(path);
  const changed = text.replace("Welcome to the storefront", GREETING).replace("replicas: 2", "replicas: 3");
  return repository.commit({ [path]: changed }, "Greet those who come back");
}

async function driftCart(
  { playground, api, waitFor }: Pick<StoryOptions, "playground" | "api"> & { waitFor: WaitFor },
  progress: (text: string) => void,
): Promise<void> {
  const path = `/apis/apps/v1/namespaces/${NAMESPACE}/deployments/cart`;
  await cluster(playground.clusters, "staging").request(`${path}?fieldManager=kubectl-scale`, {
    method: "PATCH",
    contentType: "application/merge-patch+json",
    body: { spec: { replicas: 5 } },
  });
  await waitFor("cart to be OutOfSync", async () => {
    const { status } = await api.application("cart");
    progress(status.sync.status);
    return status.sync.status === "OutOfSync" && status.drift.some(({ object: name }) => name.includes("Deployment"));
  });
}

/** Version of every object of the storefront in both clusters: a Deployment's status moves by itself, so there the generation. */
async function versions(clusters: Playground["clusters"]): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const { name, request } of Object.values(clusters)) {
    for (const path of ["api/v1", "apis/apps/v1"]) {
      for (const kind of path === "api/v1" ? ["configmaps", "services"] : ["deployments"]) {
        const { body } = await request(`/${path}/namespaces/${NAMESPACE}/${kind}`);
        for (const { metadata } of body.items ?? []) {
          const version = kind === "deployments" ? metadata.generation : metadata.resourceVersion;
          found[`${name} ${kind}/${metadata.name}`] = `${metadata.uid} ${version}`;
        }
      }
    }
  }
  return found;
}

function cluster(clusters: Playground["clusters"], name: string): KubeCluster {
  const found = clusters[name];
  if (!found) throw new Error(`there is no cluster ${name}`);
  return found;
}

function same(what: string, before: unknown, after: unknown): void {
  if (before !== after) throw new Error(`${what} was touched: ${String(before)} is now ${String(after)}`);
}
