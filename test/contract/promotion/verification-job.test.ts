import { readdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createMeasure, type Measured } from "../../../activities/promotion/measure.ts";
import { jobOf } from "../../../activities/promotion/take.ts";
import { progressed } from "../../../domain/verification/progress.ts";
import type { VerificationRun } from "../../../domain/promotion/state.ts";
import type { RawObject } from "../../../schemas/artifact.ts";
import { Verification } from "../../../schemas/kinds/verification.ts";
import type { ReleaseView } from "../../../schemas/promotion-views.ts";
import { type FakeKubelet, fakeKubelet } from "../../fixtures/fake-kubelet.ts";
import { endJob } from "../sync/parted.ts";
import { newNamespace, syncStage, type Stage } from "../sync/stage.ts";

let stage: Stage;
let kubelet: FakeKubelet;
beforeAll(async () => {
  stage = await syncStage();
  const files = await readdir(stage.servers.dataDir, { recursive: true });
  const certificate = files.find((file) => file.endsWith("apiserver.crt"))!;
  kubelet = await fakeKubelet(stage.servers.cluster, "measured", join(stage.servers.dataDir, dirname(certificate)));
});
afterAll(async () => {
  await kubelet?.stop();
  await stage?.stop();
});

const container = {
  name: "smoke",
  image: "busybox",
  command: ["true"],
  env: [{ name: "TOKEN", value: "{{args.token}}" }],
};
const spec = Verification.parse({
  args: [{ name: "token", valueFrom: { secretKeyRef: { name: "api", key: "token" } } }],
  metrics: [
    {
      name: "Smoke Test",
      provider: {
        job: {
          metadata: { labels: { team: "shop" } },
          spec: { backoffLimit: 0, template: { spec: { restartPolicy: "Never", containers: [container] } } },
        },
      },
    },
  ],
});

/** A verification whose Jobs run in a namespace of its own. */
async function verificationIn(namespace: string) {
  await newNamespace(stage.client, namespace);
  const blobs = new Map<string, string>();
  const measure = createMeasure({
    prometheus: () => Promise.reject(new Error("not asked")),
    web: () => Promise.reject(new Error("not asked")),
    health: () => Promise.reject(new Error("not asked")),
    place: async () => ({ cluster: stage.client, namespace }),
    blobs: {
      put: async (text) => {
        blobs.set(`blob-${blobs.size}`, text);
        return `blob-${blobs.size - 1}`;
      },
    },
    template: () => undefined,
    secret: async () => "s3cr3t-t0ken",
  });
  const started = Date.now();
  const run: VerificationRun = {
    ...{ run: `run-${namespace}`, startedAt: new Date(started).toISOString(), phase: "Running", metrics: [] },
  };
  const release = { release: "r1", alias: "brave-otter" } as ReleaseView;
  const context = { pipeline: "shop", stage: "prod", release, applications: ["web"] };
  /** Measures, without recording anything: as a worker that dies before it can. */
  const look = async (afterMs = 0): Promise<Measured> => {
    const now = new Date(started + afterMs).toISOString();
    return await measure({ spec, run, context, now, signal: AbortSignal.timeout(30_000) });
  };
  const record = ({ measurements }: Measured): void => {
    for (const one of measurements) run.metrics = [progressed(run.metrics[0], one)];
  };
  const { name } = jobOf(run.run, "Smoke Test", 1);
  const job = () => stage.live("batch/v1", "Job", { namespace, name });
  return { look, record, job, name, namespace, blobs, run };
}

/** What the Job controller would have made, on the node whose kubelet is played. */
async function podOf({ namespace, name }: { namespace: string; name: string }, status: object): Promise<string> {
  const pod = `${name}-x7k2p`;
  const object = {
    ...{ apiVersion: "v1", kind: "Pod" },
    metadata: { name: pod, namespace, labels: { "batch.kubernetes.io/job-name": name } },
    spec: { nodeName: "measured", restartPolicy: "Never", containers: [{ name: "smoke", image: "busybox" }] },
  };
  const path = `/api/v1/namespaces/${namespace}/pods`;
  const made = await stage.servers.cluster.request<RawObject>(path, { method: "POST", body: object });
  if (made.status !== 201) throw new Error(JSON.stringify(made.body));
  const put = await stage.servers.cluster.request(`${path}/${pod}/status`, {
    ...{ method: "PUT", body: { ...made.body, status } },
  });
  if (put.status !== 200) throw new Error(JSON.stringify(put.body));
  return pod;
}

const state = (waiting: object) => ({
  phase: "Pending",
  containerStatuses: [
    { name: "smoke", image: "busybox", imageID: "", ready: false, restartCount: 0, state: { waiting } },
  ],
});

describe("a Job that is measured", () => {
  test("is made once however often the step is tried, kept until it is recorded, and deleted then; its log stays", async () => {
    const run = await verificationIn("job-success");
    const first = await run.look();
    expect(first.measurements).toEqual([]);
    expect(Date.parse(first.next!)).toBeGreaterThan(Date.parse(run.run.startedAt));
    const made = await run.job();
    expect(run.name).toMatch(/^verify-smoke-test-[\da-f]{12}$/);
    expect(made).toMatchObject({
      metadata: { labels: { team: "shop", "app.kubernetes.io/managed-by": "sluice" } },
      spec: { backoffLimit: 0, ttlSecondsAfterFinished: 3_600, activeDeadlineSeconds: 3_600 },
    });
    await run.look(1_000);
    expect((await run.job())?.metadata.uid).toBe(made?.metadata.uid);

    const pod = await podOf(run, { phase: "Succeeded" });
    kubelet.logs.set(`${pod}/smoke`, "checking\nwith s3cr3t-t0ken\nall well\n");
    await endJob(stage, run, "Complete");
    const lost = await run.look(5_000);
    expect(lost.measurements).toMatchObject([{ metric: "Smoke Test", number: 1, phase: "Successful", log: "blob-0" }]);
    expect(lost).not.toHaveProperty("verdict");
    // It was not recorded: the Job is still there, and says the same once more.
    expect((await run.job())?.metadata.uid).toBe(made?.metadata.uid);
    const again = await run.look(6_000);
    expect(again.measurements).toMatchObject([{ number: 1, phase: "Successful" }]);
    expect(run.blobs.get("blob-1")).toBe(`--- ${pod} smoke\nchecking\nwith *****\nall well\n`);
    expect(kubelet.asked.at(-1)).toContain("limitBytes=");

    run.record(again);
    const { verdict } = await run.look(Date.parse(again.next!) - Date.parse(run.run.startedAt));
    expect(verdict).toMatchObject({ phase: "Successful", metrics: [{ successful: 1 }] });
    expect(await run.job()).toBeUndefined();
    // The verdict was lost too: it is told again, and nothing is made anew.
    expect((await run.look(10_000)).verdict).toMatchObject({ phase: "Successful" });
    expect(await run.job()).toBeUndefined();
  });

  test("that fails is a failure; a log that can't be read is said in its place", async () => {
    const run = await verificationIn("job-failure");
    await run.look();
    const pod = await podOf(run, { phase: "Failed" });
    await endJob(stage, run, "Failed");
    const told = await run.look(1_000);
    expect(told.measurements).toMatchObject([{ phase: "Failed" }]);
    expect(run.blobs.get("blob-0")).toContain(`--- ${pod} smoke\n(could not be read: `);
    run.record(told);
    expect((await run.look(2_000)).verdict).toMatchObject({ phase: "Failed" });
    expect(await run.job()).toBeUndefined();
  });

  test("whose image can't be pulled is inconclusive", async () => {
    const run = await verificationIn("job-image");
    await run.look();
    await podOf(run, state({ reason: "ImagePullBackOff", message: "no such image" }));
    expect((await run.look(1_000)).measurements).toMatchObject([
      { phase: "Inconclusive", message: expect.stringContaining("(ImagePullBackOff): no such image") },
    ]);
  });

  test("that runs on when the time is over is deleted, and the run is inconclusive", async () => {
    const run = await verificationIn("job-timeout");
    await run.look();
    expect(await run.job()).toBeDefined();
    expect((await run.look(3_600_000)).verdict).toMatchObject({ phase: "Inconclusive" });
    expect(await run.job()).toBeUndefined();
  });

  test("of somebody else with its name is neither used nor deleted", async () => {
    const run = await verificationIn("job-foreign");
    const object = {
      ...{ apiVersion: "batch/v1", kind: "Job", metadata: { name: run.name, namespace: run.namespace } },
      spec: { template: { spec: { restartPolicy: "Never", containers: [{ name: "a", image: "a" }] } } },
    };
    const path = `/apis/batch/v1/namespaces/${run.namespace}/jobs`;
    await stage.servers.cluster.request(path, { method: "POST", body: object });
    const told = await run.look();
    expect(told.measurements).toMatchObject([{ phase: "Error", message: expect.stringContaining("of somebody else") }]);
    expect((await run.look(3_600_000)).verdict).toMatchObject({ phase: "Inconclusive" });
    expect(await run.job()).toBeDefined();
  });

  test("that the API server refuses is an error that is tried again, in its words", async () => {
    const run = await verificationIn("job-refused");
    await stage.servers.cluster.request(`/api/v1/namespaces/${run.namespace}/resourcequotas`, {
      method: "POST",
      body: {
        ...{ apiVersion: "v1", kind: "ResourceQuota", metadata: { name: "none" } },
        spec: { hard: { "count/jobs.batch": "0" } },
      },
    });
    const answer = await stage.servers.cluster.request<RawObject>(
      `/api/v1/namespaces/${run.namespace}/resourcequotas/none`,
    );
    await stage.servers.cluster.request(`/api/v1/namespaces/${run.namespace}/resourcequotas/none/status`, {
      method: "PUT",
      body: { ...answer.body, status: { hard: { "count/jobs.batch": "0" }, used: { "count/jobs.batch": "0" } } },
    });
    const told = await run.look();
    expect(told.measurements).toMatchObject([
      { phase: "Error", message: expect.stringContaining("the Job could not be made: ") },
    ]);
    run.record(told);
    expect(Date.parse((await run.look(1_000)).next!) - Date.parse(run.run.startedAt)).toBe(10_000);
  });
});
