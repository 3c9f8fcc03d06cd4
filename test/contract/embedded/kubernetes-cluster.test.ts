import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execFile } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startEtcd, startKubeCluster, type AnyObject, type KubeCluster } from "../../../adapters/embedded/index.ts";
import { ensureTools, TOOL_NAMES } from "../../../adapters/toolchain/index.ts";

const binaries = await ensureTools(TOOL_NAMES);
let dataDir: string;
let cluster: KubeCluster;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), "sluice-cluster-"));
  cluster = await startKubeCluster({ name: "one", dataDir: join(dataDir, "one"), binaries, nodes: 2 });
});
afterAll(async () => {
  await cluster.stop({ graceMs: 0 });
  await rm(dataDir, { recursive: true, force: true });
});

const DEPLOYMENTS = "/apis/apps/v1/namespaces/default/deployments";
const JOBS = "/apis/batch/v1/namespaces/default/jobs";

function deployment(name: string, image: string, replicas = 1): object {
  const template = { metadata: { labels: { app: name } }, spec: { containers: [{ name: "main", image }] } };
  const spec = { replicas, selector: { matchLabels: { app: name } }, template };
  return { apiVersion: "apps/v1", kind: "Deployment", metadata: { name }, spec };
}

function job(name: string, image: string): object {
  const template = { spec: { restartPolicy: "Never", containers: [{ name: "main", image }] } };
  return { apiVersion: "batch/v1", kind: "Job", metadata: { name }, spec: { backoffLimit: 0, template } };
}

/** Reads a path until what is there is as wanted, and returns it. */
async function settled<Body = AnyObject>(path: string, wanted: (body: Body) => unknown, of = cluster): Promise<Body> {
  let last: Body | undefined;
  for (let attempt = 0; attempt < 200; attempt++) {
    const answer = await of.request<Body>(path).catch(() => undefined);
    last = answer?.body;
    if (answer?.status === 200 && wanted(answer.body)) return answer.body;
    await sleep(100);
  }
  throw new Error(`${path} did not get there: ${JSON.stringify(last).slice(0, 2_000)}`);
}

const waitingFor = (app: string) => async () => {
  const { items } = await settled(
    `/api/v1/namespaces/default/pods?labelSelector=app%3D${app}`,
    (pods) => pods.items[0]?.status.containerStatuses,
  );
  return items[0].status.containerStatuses[0].state.waiting?.reason;
};

describe("a simulated cluster", () => {
  it("rolls a Deployment out to ready pods on its nodes", async () => {
    await cluster.apply(`${DEPLOYMENTS}/web`, deployment("web", "nginx:1.29", 4));
    const rolledOut = await settled(`${DEPLOYMENTS}/web`, ({ status }) => status?.readyReplicas === 4);
    expect(rolledOut.status.conditions.find((each: AnyObject) => each.type === "Available").status).toBe("True");
    const { items } = await settled(`/api/v1/namespaces/default/pods?labelSelector=app%3Dweb`, () => true);
    expect(new Set(items.map((pod: AnyObject) => pod.spec.nodeName))).toEqual(new Set(["node-0", "node-1"]));
  });

  it("deletes pods at once when their Deployment goes", async () => {
    await cluster.apply(`${DEPLOYMENTS}/gone`, deployment("gone", "nginx"));
    await settled(`${DEPLOYMENTS}/gone`, ({ status }) => status?.readyReplicas === 1);
    await cluster.request(`${DEPLOYMENTS}/gone`, { method: "DELETE" });
    await settled("/api/v1/namespaces/default/pods?labelSelector=app%3Dgone", ({ items }) => items.length === 0);
  });

  it("fails pods whose image says so", async () => {
    await cluster.apply(`${DEPLOYMENTS}/pull`, deployment("pull", "registry.example/imagepullbackoff:1"));
    await cluster.apply(`${DEPLOYMENTS}/crash`, deployment("crash", "registry.example/crashloopbackoff:1"));
    expect(await waitingFor("pull")()).toBe("ImagePullBackOff");
    expect(await waitingFor("crash")()).toBe("CrashLoopBackOff");
  });

  it("completes a Job, and fails one whose image says so", async () => {
    await cluster.apply(`${JOBS}/good`, job("good", "migrate:1"));
    await cluster.apply(`${JOBS}/bad`, job("bad", "exit1"));
    await settled(`${JOBS}/good`, ({ status }) => status?.succeeded === 1);
    await settled(`${JOBS}/bad`, ({ status }) => status?.failed === 1);
  });

  it("binds claims, and gives load balancers and Ingresses an address", async () => {
    const claim = "/api/v1/namespaces/default/persistentvolumeclaims/data";
    const resources = { requests: { storage: "1Gi" } };
    await cluster.apply(claim, {
      apiVersion: "v1",
      kind: "PersistentVolumeClaim",
      metadata: { name: "data" },
      spec: { accessModes: ["ReadWriteOnce"], resources },
    });
    const service = "/api/v1/namespaces/default/services/front";
    await cluster.apply(service, {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: "front" },
      spec: { type: "LoadBalancer", ports: [{ port: 80 }] },
    });
    const ingress = "/apis/networking.k8s.io/v1/namespaces/default/ingresses/front";
    await cluster.apply(ingress, {
      apiVersion: "networking.k8s.io/v1",
      kind: "Ingress",
      metadata: { name: "front" },
      spec: { defaultBackend: { service: { name: "front", port: { number: 80 } } } },
    });
    await settled(claim, ({ status }) => status?.phase === "Bound");
    await settled(service, ({ status }) => status?.loadBalancer?.ingress?.length === 1);
    await settled(ingress, ({ status }) => status?.loadBalancer?.ingress?.length === 1);
  });

  it("gives kubectl a kubeconfig that works as it is", async () => {
    const file = join(dataDir, "kubeconfig");
    await writeFile(file, cluster.kubeconfig, { mode: 0o600 });
    const { stdout } = await promisify(execFile)(binaries.kubectl, [
      "--kubeconfig",
      file,
      "get",
      "nodes",
      "-o",
      "name",
    ]);
    expect(stdout.trim().split("\n")).toEqual(["node/node-0", "node/node-1"]);
  });

  it("refuses a wrong token", async () => {
    const { Agent, request } = await import("undici");
    const dispatcher = new Agent({ connect: { ca: Buffer.from(cluster.caData, "base64").toString() } });
    const headers = { authorization: "Bearer wrong" };
    const answer = await request(`${cluster.server}/api/v1/namespaces`, { dispatcher, headers });
    expect(answer.statusCode).toBe(401);
    await answer.body.dump();
    await dispatcher.close();
  });

  it("goes on after each of its parts was killed, on the same port", async () => {
    for (const part of Object.values(cluster.processes)) part.kill();
    await Promise.all(Object.values(cluster.processes).map((part) => part.whenReady()));
    await settled("/readyz", () => true);
    await cluster.apply(`${DEPLOYMENTS}/after`, deployment("after", "nginx"));
    await settled(`${DEPLOYMENTS}/after`, ({ status }) => status?.readyReplicas === 1);
  });

  it("keeps a part down until it is started again", async () => {
    const server = cluster.processes["kube-apiserver"];
    await server?.stop({ graceMs: 0 });
    await expect(cluster.request("/readyz")).rejects.toThrow();
    await server?.start();
    expect((await cluster.request("/readyz")).status).toBe(200);
  });

  it("has what it had when it is started again on the same data", async () => {
    await cluster.apply(`${DEPLOYMENTS}/kept`, deployment("kept", "nginx"));
    const before = cluster;
    await cluster.stop({ graceMs: 0 });
    cluster = await startKubeCluster({ name: "one", dataDir: join(dataDir, "one"), binaries, nodes: 2 });
    expect(cluster.kubeconfig).toBe(before.kubeconfig);
    await settled(`${DEPLOYMENTS}/kept`, ({ status }) => status?.readyReplicas === 1);
  });
});

describe("two clusters on one etcd", () => {
  it("see nothing of each other, and each starts without controllers or nodes when it is to", async () => {
    await using etcd = await startEtcd({ dataDir: join(dataDir, "etcd"), binary: binaries.etcd });
    const start = (name: string) =>
      startKubeCluster({ name, dataDir: join(dataDir, name), binaries, etcd, controllers: false, kwok: false });
    const [left, right] = await Promise.all([start("left"), start("right")]);
    await left.apply("/api/v1/namespaces/only-left", {
      apiVersion: "v1",
      kind: "Namespace",
      metadata: { name: "only-left" },
    });
    expect((await right.request("/api/v1/namespaces/only-left")).status).toBe(404);
    expect(Object.keys(left.processes)).toEqual(["etcd", "kube-apiserver"]);
    await Promise.all([left.stop({ graceMs: 0 }), right.stop({ graceMs: 0 })]);
    expect(etcd.process.state).toBe("ready");
  });
});
