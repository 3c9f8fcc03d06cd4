import { afterAll, beforeAll, expect, test } from "vitest";
import type { GitFixture } from "../../adapters/embedded/index.ts";
import { configMap } from "../fixtures/configuration.ts";
import { type FakePrometheus, fakePrometheus, success } from "../fixtures/fake-prometheus.ts";
import { pipeline, pipelineEvents, promoted, promotionOf, release, releaseSource } from "../fixtures/promotions.ts";
import { Stack, until } from "../fixtures/stack.ts";

/** Gates and verifications on real servers: a template of Argo Rollouts, Prometheus, a Job, health, and CEL. */

let stack: Stack;
let git: GitFixture;
let repoURL: string;
let prometheus: FakePrometheus;

const SECRET = "canary-9c";
const QUERY = 'rate{app="shop",stage="staging"}';
const rate = (value: string): void => prometheus.answer(QUERY, success("vector", [{ metric: {}, value: [1, value] }]));
const template = (): object => ({
  apiVersion: "argoproj.io/v1alpha1",
  kind: "ClusterAnalysisTemplate",
  metadata: { name: "rate" },
  spec: {
    args: [{ name: "app" }],
    metrics: [
      {
        name: "rate",
        ...{ interval: "1s", count: 2, successCondition: "result[0] >= 0.95", failureCondition: "result[0] < 0.5" },
        provider: { prometheus: { address: prometheus.url, query: 'rate{app="{{args.app}}",stage="{{args.stage}}"}' } },
      },
    ],
  },
});
const job = { template: { spec: { restartPolicy: "Never", containers: [{ name: "smoke", image: "busybox" }] } } };

beforeAll(async () => {
  prometheus = await fakePrometheus();
  stack = await Stack.start({ controllers: false });
  await stack.prepare();
  ({ url: repoURL, fixture: git } = await stack.addRepository("shop"));
  expect((await stack.api("POST", "/secrets/prometheus", { key: "token", value: SECRET })).status).toBe(200);
  const headers = [{ key: "Authorization", value: "Bearer {{args.token}}" }];
  await stack.apply(
    template(),
    promoted("shop-staging", repoURL, "app"),
    promoted("shop-prod", repoURL, "app"),
    releaseSource("shop", repoURL),
    pipeline("shop", "shop", [
      {
        ...{ name: "staging", applications: { names: ["shop-staging"] }, automatic: "newest" },
        verification: {
          analysisTemplates: [{ name: "rate" }],
          args: [{ name: "app", value: "shop" }],
          metrics: [
            { name: "healthy", provider: { health: {} } },
            { name: "smoke", provider: { job: { spec: job } } },
          ],
        },
      },
      {
        ...{ name: "prod", applications: { names: ["shop-prod"] }, automatic: "newestVerified" },
        gates: [
          { name: "some", expression: { cel: "diff.created + diff.changed > 0 && trigger.type == 'automatic'" } },
          {
            name: "up",
            verification: {
              args: [{ name: "token", valueFrom: { secretKeyRef: { name: "prometheus", key: "token" } } }],
              metrics: [{ name: "up", provider: { prometheus: { address: prometheus.url, query: "up", headers } } }],
            },
          },
        ],
      },
    ]),
  );
}, 240_000);
afterAll(async () => {
  await stack?.stop();
  await prometheus?.stop();
});

const NAMESPACE = "/apis/batch/v1/namespaces/shop-staging/jobs";
type Job = { metadata: { name: string }; status: { conditions?: unknown[] } };
const jobs = async (): Promise<Job[]> => (await stack.cluster().request<{ items: Job[] }>(NAMESPACE)).body.items;

/** Ends the Job of the verification as the Job controller would. */
async function endJob(): Promise<void> {
  const name = await until("the Job of the verification", async () => {
    const [found] = await jobs();
    if (!found) throw new Error("there is none");
    return found.metadata.name;
  });
  const at = new Date().toISOString();
  const condition = (type: string) => ({ type, status: "True", lastTransitionTime: at, reason: type, message: "" });
  const { body } = await stack.cluster().request<Job>(`${NAMESPACE}/${name}`);
  const status = {
    ...{ startTime: at, completionTime: at, succeeded: 1, ready: 0, terminating: 0 },
    conditions: [condition("SuccessCriteriaMet"), condition("Complete")],
  };
  const path = `${NAMESPACE}/${name}/status`;
  expect((await stack.cluster().request(path, { method: "PUT", body: { ...body, status } })).status).toBe(200);
}

const releaseOf = async (version: string) => {
  const commit = await git.commit({ "app/map.yaml": configMap("map", { version }) }, `version ${version}`);
  return { pipeline: "shop", release: (await release(stack, "shop", { repoURL, commit })).release };
};

test(
  "a release is verified by all that it is measured by, and passes the gates of prod",
  { timeout: 120_000 },
  async () => {
    rate("0.99");
    const of = await releaseOf("1");
    await endJob();
    const staging = await promotionOf(stack, { ...of, stage: "staging" }, ({ result }) => result !== undefined);
    expect(staging.result).toBe("Succeeded");
    const [run] = staging.verifications;
    expect(run).toMatchObject({ phase: "Successful" });
    expect(run!.measurements.filter(({ metric }) => metric === "rate")).toMatchObject([
      { number: 1, phase: "Successful", value: "[0.99]", query: QUERY },
      { number: 2, phase: "Successful" },
    ]);
    expect(run!.measurements.filter(({ metric }) => metric !== "rate")).toMatchObject([
      { phase: "Successful" },
      { phase: "Successful" },
    ]);
    expect(await jobs()).toEqual([]);

    const prod = await promotionOf(stack, { ...of, stage: "prod" }, ({ result }) => result !== undefined);
    expect(prod.result).toBe("Succeeded");
    expect(prod.gates.map(({ gate, state, reason }) => `${gate} ${state} ${reason}`)).toEqual([
      "stopTheLine pass LineRuns",
      "upstream pass Verified",
      "some pass ExpressionTrue",
      "up pass VerificationSuccessful",
    ]);

    const asked = prometheus.asked.find(({ parameters }) => parameters["query"] === "up");
    expect(asked?.headers.authorization).toBe(`Bearer ${SECRET}`);
    expect(JSON.stringify(await pipelineEvents(stack, "shop"))).not.toContain(SECRET);
  },
);

test(
  "what tells nothing waits for a person, whose word decides; what fails goes nowhere",
  { timeout: 120_000 },
  async () => {
    rate("0.7");
    const doubtful = await releaseOf("2");
    const waiting = await promotionOf(
      stack,
      { ...doubtful, stage: "staging" },
      ({ verifications }) => verifications[0]?.phase === "Inconclusive",
    );
    expect(waiting).toMatchObject({ phase: "Verifying" });
    const answer = await stack.api("POST", `/pipelines/shop/promotions/${waiting.promotion}/judge`, {
      ...{ verdict: "Successful", reason: "no traffic at night" },
    });
    expect(answer, JSON.stringify(answer.body)).toMatchObject({ status: 200 });
    await promotionOf(stack, { ...doubtful, stage: "prod" }, ({ result }) => result === "Succeeded");

    rate("0.1");
    const bad = await releaseOf("3");
    const failed = await promotionOf(stack, { ...bad, stage: "staging" }, ({ result }) => result !== undefined);
    expect(failed).toMatchObject({ result: "Failed", message: expect.stringContaining("rate is Failed") });
    const { body } = await stack.api<{ items: unknown[] }>("GET", "/promotions?pipeline=shop&stage=prod");
    expect(body.items).toHaveLength(2);
    await until("the Jobs of runs that are over are gone", async () => expect(await jobs()).toEqual([]));
  },
);
