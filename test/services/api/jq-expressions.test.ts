import { afterAll, expect, test } from "vitest";
import { createJq } from "../../../adapters/jq/jq.ts";
import { apiInstance, application, CLUSTER } from "./instance.ts";

const jq = createJq();
afterAll(() => jq.close());

const started = async () => {
  const api = await apiInstance();
  api.ports.jqProblem = jq.problem;
  return api;
};
const RULE = "ignoreDifferences: [{ group: apps, kind: Deployment, jqPathExpressions: [.spec.replicas, '.spec |'] }]";

test("an invalid jq expression is told with its file and line, and nothing is applied", async () => {
  const { apply, events } = await started();
  const before = events.length;
  const answer = await apply([CLUSTER, application("good"), application("web", RULE)].join("---"));
  expect(answer.status).toBe(422);
  expect(answer.body).toMatchObject({
    problems: [
      {
        file: "test.yaml",
        line: expect.any(Number),
        path: "spec.ignoreDifferences[0].jqPathExpressions[1]",
        message: "invalid jq: syntax error: unexpected end of the expression",
      },
    ],
  });
  expect(events).toHaveLength(before);
});

test("a system-wide rule is checked too, together with what else is wrong", async () => {
  const { apply } = await started();
  const customization = `
apiVersion: sluice.dev/v1
kind: ResourceCustomization
metadata: { name: webhooks }
spec:
  group: admissionregistration.k8s.io
  kind: "*"
  ignoreDifferences:
    jqPathExpressions: ['.webhooks[] | nope']
`;
  const { body } = await apply([customization, application("Worse")].join("---"));
  const { problems } = body as { problems: { path: string; message: string }[] };
  expect(problems.map(({ path, message }) => `${path}: ${message}`)).toEqual([
    "spec.ignoreDifferences.jqPathExpressions[0]: invalid jq: nope/0 is not defined",
    expect.stringContaining("metadata.name: "),
  ]);
});

test("valid ones are taken", async () => {
  const { apply } = await started();
  const answer = await apply([CLUSTER, application("web", RULE.replace(".spec |", ".spec.paused"))].join("---"));
  expect(answer.status).toBe(200);
});
