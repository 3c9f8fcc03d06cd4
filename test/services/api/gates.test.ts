import { afterAll, describe, expect, test } from "vitest";
import { createGateSandbox } from "../../../adapters/health-checks/gate-sandbox.ts";
import { apiInstance } from "./instance.ts";

const sandbox = createGateSandbox();
afterAll(() => sandbox.close());

/** Problems of a document, each as `line path: message`; none when it was applied. */
async function problemsOf(text: string): Promise<string[]> {
  const api = await apiInstance();
  api.ports.gateProblem = sandbox.look;
  const { status, body } = await api.apply(text);
  if (status === 200) return [];
  const { problems } = body as { problems: { line: number; path: string; message: string }[] };
  return problems.map(({ line, path, message }) => `${line} ${path}: ${message}`);
}

const policy = (gates: string): string => `apiVersion: sluice.dev/v1
kind: GatePolicy
metadata:
  name: production
spec:
  gates:
${gates.replaceAll(/^/gm, "    ")}`;
const accounts = ["ada", "bob"]
  .map((name) => `apiVersion: sluice.dev/v1\nkind: Account\nmetadata:\n  name: ${name}\nspec:\n  groups: [sre]\n---\n`)
  .join("");

describe("gates at the door", () => {
  test("what fits is taken", async () => {
    const gates =
      "- name: two\n  approval:\n    required: 2\n    groups: [sre]\n- name: small\n  expression:\n    cel: diff.changed < 10 && now.getDayOfWeek('Europe/Berlin') != 5";
    expect(await problemsOf(accounts + policy(gates))).toEqual([]);
  });

  test("a quorum that is larger than its group, with who is in it", async () => {
    const gates = "- name: three\n  approval:\n    required: 3\n    groups: [sre]";
    expect(await problemsOf(accounts + policy(gates))).toEqual([
      "23 spec.gates[0].approval.required: asks for 3 people, and only ada, bob are in sre",
    ]);
    expect(await problemsOf(policy("- name: one\n  approval:\n    people: [eve]"))).toEqual([
      "9 spec.gates[0].approval.people[0]: there is no Account eve",
    ]);
  });

  test("CEL that can't be read, at its line", async () => {
    const gates =
      "- name: a\n  expression:\n    cel: diff.changed <\n- name: b\n  expression:\n    cel: difference.changed < 1\n- name: c\n  expression:\n    cel: size(release.images)";
    expect(await problemsOf(policy(gates))).toEqual([
      "9 spec.gates[0].expression.cel: is not valid CEL: it ends where something is still expected",
      "12 spec.gates[1].expression.cel: is not valid CEL: Unknown variable: difference (at character 1); there are release, stage, diff, trigger, now",
      "15 spec.gates[2].expression.cel: is not valid CEL: must be true or false, and is int",
    ]);
  });

  test("windows that never let anything in", async () => {
    const deny = (schedule: string, duration: string) =>
      `    - kind: deny\n      schedule: "${schedule}"\n      duration: ${duration}\n`;
    const gate = "- name: w\n  windows:\n";
    const allow = '    - kind: allow\n      schedule: "0 9 * * MON"\n      duration: 1h\n';
    const never = ["9 spec.gates[0].windows: the windows let nothing in for a year to come: the gate could never open"];
    expect(await problemsOf(policy(gate + deny("* * * * *", "1h")))).toEqual(never);
    expect(await problemsOf(policy(gate + allow + deny("0 0 * * MON", "24h")))).toEqual(never);
    expect(await problemsOf(policy(gate + allow + deny("0 0 * * MON", "9h30m")))).toEqual([]);
    expect(await problemsOf(policy(gate + deny("0 0 * * *", "23h")))).toEqual([]);
  });

  test("windows that are none, and a name that is taken", async () => {
    const window =
      "- name: upstream\n  windows:\n    - kind: deny\n      schedule: 0 25 * * *\n      duration: 1h\n      timeZone: Mars/Olympus";
    const problems = await problemsOf(policy(window));
    expect(problems.map((text) => text.split(":")[0])).toEqual([
      "7 spec.gates[0].name",
      "10 spec.gates[0].windows[0].schedule",
      "12 spec.gates[0].windows[0].timeZone",
    ]);
  });
});

const template = (metric: string, rest = ""): string => `apiVersion: argoproj.io/v1alpha1
kind: ClusterAnalysisTemplate
metadata:
  name: rate
  creationTimestamp: 2026-01-01T00:00:00Z
spec:
${rest}  metrics:
    - name: rate
${metric.replaceAll(/^/gm, "      ")}`;
const prometheus = "provider:\n  prometheus:\n    address: http://prometheus:9090\n    query: up";

describe("templates of Argo Rollouts", () => {
  test("are read as they are, and shown as AnalysisTemplates", async () => {
    const api = await apiInstance();
    const text = template(`interval: 5m\nsuccessCondition: result[0] >= 0.95\nfailureLimit: 3\n${prometheus}`);
    expect((await api.apply(text)).body).toMatchObject({ objects: [{ kind: "AnalysisTemplate", result: "created" }] });
    expect((await api.call("GET", "/analysistemplates/rate")).body).toMatchObject({
      ...{ apiVersion: "sluice.dev/v1", kind: "AnalysisTemplate", metadata: { name: "rate" } },
      spec: { metrics: [{ name: "rate", interval: "5m", failureLimit: 3 }] },
    });
  });

  test("a provider that nothing measures is refused at its place, once", async () => {
    expect(await problemsOf(template("provider:\n  datadog:\n    query: x"))).toEqual([
      "10 spec.metrics[0].provider.datadog: Argo Rollouts' provider datadog is not supported",
    ]);
  });

  test.each([
    [
      `successCondition: results[0] > 1\n${prometheus}`,
      "9 spec.metrics[0].successCondition: is not a condition: unknown name results; the value is called result",
    ],
    [`provider:\n  web:\n    url: ftp://x`, "11 spec.metrics[0].provider.web.url: is not an address"],
    [`provider:\n  web:\n    url: http://x\n    body: a`, "12 spec.metrics[0].provider.web.body: a GET has no body"],
    [
      `provider:\n  web:\n    url: http://x\n    jsonPath: "{$.a[}"`,
      '12 spec.metrics[0].provider.web.jsonPath: is not a JSONPath: it can\'t be read at "["',
    ],
    [
      `${prometheus}\n    authentication:\n      sigv4: {}`,
      "14 spec.metrics[0].provider.prometheus.authentication.sigv4: sigv4 is not supported",
    ],
    [
      `${prometheus}\n    rangeQuery:\n      start: yesterday\n      step: 1m`,
      "14 spec.metrics[0].provider.prometheus.rangeQuery.start: is not a time: unknown name yesterday",
    ],
    [
      `provider:\n  job:\n    spec:\n      template:\n        spec:\n          containers: [{ name: a, image: a }]`,
      "14 spec.metrics[0].provider.job.spec.template.spec: the pods of a Job need restartPolicy Never or OnFailure",
    ],
    [
      `successCondition: result > {{args.limit}}\n${prometheus}`,
      "8 spec.metrics[0]: metric rate uses the argument limit, which spec.args does not declare",
    ],
  ])("%s", async (metric, problem) => {
    expect(await problemsOf(template(metric))).toEqual([problem]);
  });
});

const verified = (verification: string): string =>
  policy(`- name: slo\n  verification:\n${verification.replaceAll(/^/gm, "    ")}`);
const full = template(
  `count: "{{args.count}}"\ninterval: 1m\n${prometheus}`,
  "  args:\n    - name: count\n    - name: token\n      valueFrom:\n        secretKeyRef: { name: api, key: token }\n",
);

describe("verifications at the door", () => {
  test("a template, an argument and a metric that are not there", async () => {
    expect(await problemsOf(verified("analysisTemplates: [{ name: none }]"))).toEqual([
      "9 spec.gates[0].verification.analysisTemplates[0].name: there is no AnalysisTemplate none",
    ]);
    const args = "args: [{ name: token, value: x }]\nanalysisTemplates: [{ name: rate }]";
    expect(await problemsOf(`${full}\n---\n${verified(args)}`)).toEqual([
      expect.stringContaining("metric rate uses the argument count, which has no value"),
    ]);
    const own = `metrics:\n  - name: up\n    ${prometheus.replaceAll("\n", "\n    ")}\ndryRun: [{ metricName: down }]`;
    expect(await problemsOf(verified(own))).toEqual([
      expect.stringContaining("spec.gates[0].verification.dryRun[0].metricName: there is no metric down"),
    ]);
  });

  test("a secret, a number that is none, and what would never end", async () => {
    const given = (args: string): string =>
      `${full}\n---\n${verified(`args: [${args}]\nanalysisTemplates: [{ name: rate }]`)}`;
    expect(await problemsOf(given("{ name: count, value: '1' }"))).toEqual([
      expect.stringContaining("the argument token comes from the key token of the secret api, which nobody gave"),
    ]);
    const token = "{ name: token, value: x }";
    expect(await problemsOf(given(`${token}, { name: count, value: many }`))).toEqual([
      expect.stringContaining('count of metric rate expected a whole number, got "many"'),
    ]);
    expect(await problemsOf(given(`${token}, { name: count, value: '0' }`))).toEqual([
      expect.stringContaining("metric rate has an interval and no count"),
    ]);
    expect(await problemsOf(given(`${token}, { name: count, value: '3' }`))).toEqual([]);
  });
});
