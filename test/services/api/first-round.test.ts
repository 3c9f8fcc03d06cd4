import { afterEach, beforeEach, expect, it } from "vitest";
import { apiInstance, application, CLUSTER } from "./instance.ts";

let at: Awaited<ReturnType<typeof apiInstance>>;
beforeEach(async () => {
  at = await apiInstance();
});
afterEach(() => at.app.close());

const BAD = `apiVersion: sluice.dev/v1
kind: Application
metadata:
  name: Web_App
  labels:
    team: no spaces
spec:
  source:
    repoURL: file:///etc
    path: ../etc
    targetRevision: a..b
  destination: { name: staging }
  syncPolicy: { timeout: soon }
`;

const told = (answer: { body: unknown }): string[] =>
  (answer.body as { problems: { file: string; line: number; path: string }[] }).problems.map(
    ({ file, line, path }) => `${file}:${line} ${path}`,
  );

it("tells everything that is wrong with an object at once, whatever kind of rule says so", async () => {
  await at.apply(CLUSTER);
  expect(told(await at.apply(BAD))).toEqual([
    "test.yaml:4 metadata.name",
    "test.yaml:6 metadata.labels.team",
    "test.yaml:9 spec.source.repoURL",
    "test.yaml:10 spec.source.path",
    "test.yaml:11 spec.source.targetRevision",
    "test.yaml:13 spec.syncPolicy.timeout",
  ]);
});

it("and what is wrong with the references of the others", async () => {
  await at.apply(CLUSTER);
  const stray = application("cart").replace("name: staging", "name: stagging").trimStart();
  const files = [
    { file: "1.yaml", text: stray },
    { file: "2.yaml", text: BAD },
  ];
  const answer = await at.call("POST", "/apply", { files });
  expect(told(answer).filter((line) => line.startsWith("1.yaml"))).toEqual(["1.yaml:6 spec.destination.name"]);
  expect(told(answer)).toHaveLength(7);
});

it("but nothing of references to what may be in a document that can't be read", async () => {
  const broken = CLUSTER.replace("server: https://staging.example:6443", "sever: x");
  const answer = await at.apply(`${broken}---${application("web")}`);
  expect(told(answer).some((line) => line.includes("spec.destination"))).toBe(false);
  expect(told(answer).length).toBeGreaterThan(0);
});
