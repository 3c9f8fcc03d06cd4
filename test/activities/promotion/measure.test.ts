import { describe, expect, test } from "vitest";
import { createMeasure, type MeasureDeps, type Measured } from "../../../activities/promotion/measure.ts";
import type { Found } from "../../../activities/promotion/take.ts";
import { progressed } from "../../../domain/verification/progress.ts";
import type { VerificationRun } from "../../../domain/promotion/state.ts";
import { AnalysisTemplateSpec } from "../../../schemas/kinds/analysis-template.ts";
import { Verification } from "../../../schemas/kinds/verification.ts";
import type { ReleaseView } from "../../../schemas/promotion-views.ts";

const START = Date.parse("2026-11-21T12:00:00.000Z");
const release = { release: "r1", alias: "brave-otter" } as ReleaseView;
const prometheus = (query: string, more: object = {}) => ({
  provider: { prometheus: { address: "http://prometheus", query, ...more } },
});

/** A run that is driven as the workflow does: measure, record, wait until the time it names. */
function runOf(spec: object, answers: (query: string, call: number) => Found, over: Partial<MeasureDeps> = {}) {
  const asked: Parameters<MeasureDeps["prometheus"]>[0][] = [];
  const web: Parameters<MeasureDeps["web"]>[0][] = [];
  const deps: MeasureDeps = {
    prometheus: async (query) => answers(query.query, asked.push(query)),
    web: async (query) => answers(query.url, web.push(query)),
    place: async () => undefined,
    health: async () => ({ applications: [], objects: [] }),
    blobs: { put: async () => "d" },
    template: () => undefined,
    secret: async () => undefined,
    ...over,
  };
  const measure = createMeasure(deps);
  const verification = Verification.parse(spec);
  const run: VerificationRun = { run: "v1", startedAt: new Date(START).toISOString(), phase: "Running", metrics: [] };
  const all: Measured["measurements"] = [];
  const context = { pipeline: "shop", stage: "prod", release, applications: ["web"] };
  const signal = new AbortController().signal;

  async function step(now: number): Promise<Measured> {
    const told = await measure({ spec: verification, run, context, now: new Date(now).toISOString(), signal });
    for (const one of told.measurements) {
      all.push(one);
      const before = run.metrics.find(({ metric }) => metric === one.metric);
      run.metrics = [...run.metrics.filter((each) => each !== before), progressed(before, one)];
    }
    return told;
  }

  async function toEnd() {
    const times: number[] = [];
    for (let now = START, steps = 0; steps < 200; steps += 1) {
      times.push(now - START);
      const { verdict, next } = await step(now);
      if (verdict) return { verdict, times, all, asked, web };
      now = Math.max(now, Date.parse(next!));
    }
    throw new Error("it has no end");
  }
  return { step, toEnd };
}

const metric = (more: object) => ({ name: "rate", successCondition: "result[0] >= 0.95", ...prometheus("q"), ...more });
const ok: Found = { value: [1], shown: "[1]" };

describe("a run", () => {
  test("measures at its interval until it has count measurements", async () => {
    const { verdict, times, all } = await runOf({ metrics: [metric({ count: 3, interval: "1m" })] }, () => ok).toEnd();
    expect(verdict).toEqual({
      phase: "Successful",
      metrics: [{ metric: "rate", phase: "Successful", successful: 3, failed: 0, inconclusive: 0, errors: 0 }],
    });
    expect(times).toEqual([0, 60_000, 120_000]);
    expect(all[0]).toEqual({
      ...{ metric: "rate", number: 1, phase: "Successful", value: "[1]", query: "q", at: "2026-11-21T12:00:00.000Z" },
    });
  });

  test("errors are tried again in 10 s and end it beyond their own limit", async () => {
    const { verdict, times } = await runOf({ metrics: [metric({})] }, () => ({ problem: "down" })).toEnd();
    expect(verdict).toMatchObject({
      phase: "Error",
      message: "metric rate is Error: consecutiveErrors (5) > consecutiveErrorLimit (4): down",
    });
    expect(times).toEqual([0, 10_000, 20_000, 30_000, 40_000]);
  });

  test("an empty vector, NaN and a failure are three different things", async () => {
    const phaseOf = async (value: unknown, more: object = {}) =>
      (await runOf({ metrics: [metric({ consecutiveErrorLimit: 0, ...more })] }, () => ({ value })).toEnd()).verdict
        .phase;
    expect(await phaseOf([])).toBe("Error");
    expect(await phaseOf([Number.NaN])).toBe("Failed");
    expect(await phaseOf([0.5], { failureCondition: "result[0] < 0.1" })).toBe("Inconclusive");
    expect(await phaseOf([0.05], { failureCondition: "result[0] < 0.1" })).toBe("Failed");
  });

  test("one metric that fails ends it at once; dry ones count for nothing", async () => {
    const metrics = [metric({ count: 5, interval: "1m" }), { ...metric({}), name: "bad", ...prometheus("bad") }];
    const answers = (query: string): Found => (query === "bad" ? { value: [0] } : ok);
    const { verdict, times } = await runOf({ metrics }, answers).toEnd();
    expect(verdict).toMatchObject({ phase: "Failed", message: "metric bad is Failed: failed (1) > failureLimit (0)" });
    expect(times).toEqual([0]);
    const dry = await runOf({ metrics, dryRun: [{ metricName: "b*" }] }, answers).toEnd();
    expect(dry.verdict.phase).toBe("Successful");
    expect(dry.verdict.metrics[1]).toMatchObject({ metric: "bad", phase: "Failed", dryRun: true });
  });

  test("what is not over in time is inconclusive, and told at that time", async () => {
    const spec = { metrics: [metric({ count: 100, interval: "1m" })], timeout: "90s" };
    const { verdict, times } = await runOf(spec, () => ok).toEnd();
    expect(verdict).toMatchObject({ phase: "Inconclusive", message: "it was not over within 90s" });
    expect(times).toEqual([0, 60_000, 90_000]);
  });

  test("the first measurement waits for its delay; metrics have clocks of their own", async () => {
    const late = { ...metric({ initialDelay: "30s" }), name: "late" };
    const { times, all } = await runOf({ metrics: [metric({ count: 2, interval: "1m" }), late] }, () => ok).toEnd();
    expect(times).toEqual([0, 30_000, 60_000]);
    expect(all.map((one) => one.metric)).toEqual(["rate", "late", "rate"]);
  });

  test("asked again before it is due it measures nothing, and says the same time", async () => {
    const { step } = runOf({ metrics: [metric({ count: 2, interval: "1m" })] }, () => ok);
    await step(START);
    const next = new Date(START + 60_000).toISOString();
    expect(await step(START + 1_000)).toEqual({ measurements: [], next });
  });
});

describe("templates and arguments", () => {
  const template = AnalysisTemplateSpec.parse({
    args: [{ name: "service" }, { name: "limit", value: "0.9" }, { name: "minutes", value: "15" }],
    metrics: [
      {
        ...{
          name: "rate",
          successCondition: "result[0] >= {{args.limit}}",
          interval: "{{ args.minutes }}m",
          count: "{{args.n}}",
        },
        ...prometheus('rate{app="{{args.service}}",stage="{{args.stage}}",release="{{args.alias}}"}'),
      },
    ],
  });
  const spec = {
    analysisTemplates: [{ name: "rate" }],
    args: [
      { name: "service", value: "web" },
      { name: "n", value: "1" },
    ],
  };

  test("are filled in, those that every verification has included", async () => {
    const { verdict, asked } = await runOf(spec, () => ({ value: [0.92] }), { template: () => template }).toEnd();
    expect(asked[0]!.query).toBe('rate{app="web",stage="prod",release="brave-otter"}');
    expect(verdict.phase).toBe("Successful");
  });

  test("what is missing could not be measured", async () => {
    const problemOf = async (of: object, found?: typeof template) =>
      (await runOf(of, () => ok, { template: () => found }).toEnd()).verdict;
    expect(await problemOf(spec)).toMatchObject({ phase: "Error", message: "there is no AnalysisTemplate rate" });
    expect(await problemOf({ ...spec, args: [] }, template)).toMatchObject({
      ...{ phase: "Error", message: "metric rate uses the argument n, service, which has no value" },
    });
  });

  test("a secret goes where it is asked for, and is told nowhere", async () => {
    const args = [{ name: "token", valueFrom: { secretKeyRef: { name: "api", key: "token" } } }];
    const headers = [{ key: "Authorization", value: "Bearer {{args.token}}" }];
    const provider = { web: { url: "https://u:pw@example.com/?t={{args.token}}", headers } };
    const answers = (): Found => ({ value: { said: "you sent s3cr3t/!x", coded: "czNjcjN0LyF4" } });
    const of = runOf({ args, metrics: [{ name: "web", provider }] }, answers, { secret: async () => "s3cr3t/!x" });
    const { all, web } = await of.toEnd();
    expect(web[0]).toMatchObject({ headers: { authorization: "Bearer s3cr3t/!x" } });
    expect(all[0]).toMatchObject({
      ...{ query: "GET https://example.com/?t=*****", value: '{"said":"you sent *****","coded":"*****"}' },
    });
    const none = await runOf({ args, metrics: [{ name: "web", provider }] }, answers).toEnd();
    expect(none.verdict).toMatchObject({
      phase: "Error",
      message: expect.stringContaining("the secret api has no key token"),
    });
  });

  test("headers that are given in plain are not told either, and long values are cut", async () => {
    const headers = [{ key: "X-Key", value: "plain-header-value" }];
    const provider = { web: { url: "https://example.com", headers } };
    const value = `plain-header-value ${"x".repeat(5_000)}`;
    const { all } = await runOf({ metrics: [{ name: "web", provider }] }, () => ({ value })).toEnd();
    expect(all[0]!.value).toHaveLength(1_000);
    expect(all[0]!.value).toMatch(/^\*{5} x+…$/);
  });

  test("basic authentication and the times of a range", async () => {
    const rangeQuery = { start: 'now() - duration("15m")', end: "now()", step: "30s" };
    const more = { rangeQuery, timeout: 5, authentication: { basicAuth: { username: "u", password: "p" } } };
    const { asked } = await runOf({ metrics: [metric(prometheus("q", more))] }, () => ok).toEnd();
    expect(asked[0]).toMatchObject({
      ...{ end: START, range: { start: START - 900_000, stepMs: 30_000 }, timeoutMs: 5_000 },
      headers: { authorization: "Basic dTpw" },
    });
  });
});

describe("own health", () => {
  const health = (statuses: [name: string, kind: string, status: string, phase?: string][]): Partial<MeasureDeps> => ({
    health: async (_names, kinds) => ({
      applications: [
        { name: "web", status: (statuses.find(([, , status]) => status !== "Healthy")?.[2] ?? "Healthy") as "Healthy" },
      ],
      objects: statuses
        .filter(([, kind]) => !kinds || kinds.includes(kind))
        .map(([name, kind, status, phase]) => ({
          ...{
            application: "web",
            kind,
            namespace: "shop",
            name,
            status: status as "Healthy",
            ...(phase && { phase }),
          },
        })),
    }),
  });
  const of = (statuses: [string, string, string, string?][], more: object = {}, provider: object = {}) =>
    runOf(
      { metrics: [{ name: "h", provider: { health: provider }, ...more }], timeout: "1m" },
      () => ok,
      health(statuses),
    ).toEnd();

  test.each([
    ["Healthy", "Successful"],
    ["Degraded", "Failed"],
    ["Missing", "Failed"],
    ["Suspended", "Inconclusive"],
  ])("%s is %s", async (status, phase) => {
    const { verdict } = await of([["web", "Rollout", status]], {}, { kinds: ["Rollout"] });
    expect(verdict.phase).toBe(phase);
  });

  test("what progresses is waited for, until the time is over", async () => {
    const { verdict, times } = await of([["web", "Rollout", "Progressing"]]);
    expect(verdict).toMatchObject({ phase: "Inconclusive" });
    expect(times).toEqual([0, 10_000, 20_000, 30_000, 40_000, 50_000, 60_000]);
  });

  test("conditions may ask for phases of Rollouts and Canaries", async () => {
    const successCondition = 'all(filter(result.objects, .kind == "Canary"), .phase == "Succeeded")';
    const canary = (phase: string): [string, string, string, string][] => [["web", "Canary", "Progressing", phase]];
    expect((await of(canary("Succeeded"), { successCondition })).verdict.phase).toBe("Successful");
    expect((await of(canary("Failed"), { successCondition })).verdict.phase).toBe("Failed");
  });

  test("nothing to look at is inconclusive", async () => {
    expect((await of([], {}, { kinds: ["Rollout"] })).verdict).toMatchObject({
      ...{ phase: "Inconclusive", message: expect.stringContaining("there is no object of Rollout") },
    });
  });
});
