import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseDocuments } from "../../../services/api/documents.ts";
import { readConfiguration } from "../../../services/api/read-configuration.ts";
import { application } from "./instance.ts";

const problems = (text: string) =>
  readConfiguration([{ file: "a.yaml", text }]).problems.map(
    ({ line, path, message, next }) => `${line}: ${path ?? "-"}: ${message}${next === undefined ? "" : ` (${next})`}`,
  );

describe("parseDocuments", () => {
  it("says where each part of each document stands", () => {
    const { documents } = parseDocuments("a: 1\n---\n# empty\n---\nb:\n  c: [x, y]\n", "f.yaml");
    expect(documents.map(({ value }) => value)).toEqual([{ a: 1 }, { b: { c: ["x", "y"] } }]);
    const second = documents[1]!;
    expect(second.locate(["b", "c", 1])).toEqual({ file: "f.yaml", line: 6, column: 10 });
    expect(second.locate(["b", "c"], true)).toEqual({ file: "f.yaml", line: 6, column: 3 });
    expect(second.locate(["b", "missing"])).toEqual({ file: "f.yaml", line: 5, column: 1 });
  });

  it("reads JSON and merge keys", () => {
    expect(parseDocuments('{"a": {"b": 1}}', "f.json").documents[0]?.value).toEqual({ a: { b: 1 } });
    const merged = parseDocuments("x: &x { a: 1 }\ny: { <<: *x, b: 2 }\n", "f.yaml").documents[0]?.value;
    expect(merged).toMatchObject({ y: { a: 1, b: 2 } });
  });

  it("tells every broken document, and never quotes the text", () => {
    const text = 'a: 1\na: 2\n---\nb: "CANARY\n---\nfine: 1\n---\n\tc: CANARY\n';
    const { problems: found } = parseDocuments(text, "f.yaml");
    expect(found.length).toBeGreaterThanOrEqual(2);
    expect(found[0]).toMatchObject({ file: "f.yaml", line: 2, message: "a field stands twice in the same mapping" });
    expect(JSON.stringify(found)).not.toContain("CANARY");
  });

  it.each([
    ["flow lists", "[".repeat(100_000)],
    ["flow mappings", "{a: ".repeat(100_000)],
    ["lists in one line", "- ".repeat(100_000)],
    ["indented mappings", Array.from({ length: 2_000 }, (_, depth) => `${" ".repeat(depth)}a:\n`).join("")],
  ])("refuses %s nested without end before anything recurses over them", (_, text) => {
    const started = performance.now();
    const { problems: found, documents } = parseDocuments(text, "f.yaml");
    expect(found).toMatchObject([{ message: "nested deeper than 100 levels" }]);
    expect(documents).toEqual([]);
    expect(performance.now() - started).toBeLessThan(5_000);
  });

  it.each([
    ["anchors", Array.from({ length: 50_000 }, (_, at) => `- &a${at} x\n- *a${at}\n`).join(""), /anchors and aliases/],
    ["errors", "[] ".repeat(60_000), /not valid YAML/],
    ["quotes", '"'.repeat(100_000), /not valid YAML|closing quote/],
    ["fields twice", "a: b\n".repeat(20_000), /twice/],
    ["errors one by one", "! ".repeat(50_000), /not valid YAML/],
  ])("reads %s without end in a time that fits their number, and tells some", (_, text, message) => {
    const started = performance.now();
    const { problems: found, documents } = parseDocuments(text, "f.yaml");
    expect(found[0]?.message).toMatch(message);
    expect(found.length).toBeLessThanOrEqual(100);
    expect(documents).toEqual([]);
    expect(performance.now() - started).toBeLessThan(10_000);
  });

  it("reads a mapping with many fields in a time that fits their number", () => {
    const started = performance.now();
    const text = Array.from({ length: 20_000 }, (_, at) => `k${at}: 1\n`).join("");
    expect(parseDocuments(text, "f.yaml")).toMatchObject({ documents: [{}], problems: [] });
    expect(performance.now() - started).toBeLessThan(10_000);
  });

  it("takes text with stars and ampersands for what it is", () => {
    const text = `a: |\n${"  *x &y\n".repeat(2_000)}b: [${'"*", "&", x*y, '.repeat(1_000)}]\n`;
    expect(parseDocuments(text, "f.yaml")).toMatchObject({ documents: [{}], problems: [] });
  });

  it("refuses an alias bomb", () => {
    const levels = "abcdefghij".split("");
    const bomb = levels.map((name, at) => {
      const items = at === 0 ? "x" : Array.from({ length: 10 }, () => `*${levels[at - 1]}`).join(", ");
      return `${name}: &${name} [${items}]`;
    });
    const { problems: found, documents } = parseDocuments(bomb.join("\n"), "f.yaml");
    expect(found).toMatchObject([{ message: "uses aliases in a way that is not allowed" }]);
    expect(documents).toEqual([]);
  });

  it("never throws, whatever the text", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[-:&*!|>%@`{}[\],\n\t a"'#?~<]*$/)), (text) => {
        const { documents, problems: found } = parseDocuments(text, "f.yaml");
        for (const { file, line } of found)
          expect({ file, ok: line === undefined || line >= 1 }).toEqual({ file: "f.yaml", ok: true });
        for (const document of documents) expect(document.locate(["a", 0, "b"]).line).toBeGreaterThanOrEqual(1);
      }),
      { numRuns: 500 },
    );
  });
});

describe("readConfiguration", () => {
  it("refuses a namespace that no cluster could have", () => {
    const text = application("web").replace("namespace: shop", "namespace: Shop_1");
    expect(text).toContain("Shop_1");
    const { problems: found } = readConfiguration([{ file: "f.yaml", text }]);
    expect(found).toMatchObject([{ path: "spec.destination.namespace" }]);
  });

  it("takes a list apart, as a get of several objects prints it, and knows the lines of its items", () => {
    const item = (name: string) =>
      `  - apiVersion: sluice.dev/v1\n    kind: Project\n    metadata: {name: ${name}}\n    spec: {}\n`;
    const list = `items:\n${item("one")}${item("Two")}`;
    for (const text of [list, `apiVersion: v1\nkind: List\n${list}`]) {
      const { objects, problems: found } = readConfiguration([{ file: "f.yaml", text }]);
      expect(objects.map(({ object }) => object.metadata.name)).toEqual(["one"]);
      const line = text.split("\n").findIndex((each) => each.includes("Two")) + 1;
      expect(found).toMatchObject([{ file: "f.yaml", line, path: "metadata.name" }]);
    }
    const { problems: found } = readConfiguration([{ file: "f.yaml", text: "kind: Project\nitems: []\n" }]);
    expect(found).toMatchObject([{ path: "apiVersion" }]);
  });

  it("tells a hundred of the problems of an object that has fifty thousand", () => {
    const started = performance.now();
    const fields = Array.from({ length: 50_000 }, (_, at) => `  k${at}: 1\n`).join("");
    expect(problems(`apiVersion: sluice.dev/v1\nkind: Project\nmetadata: {name: a}\nspec:\n${fields}`)).toHaveLength(
      100,
    );
    expect(performance.now() - started).toBeLessThan(10_000);
  });

  it("tells every problem of an object at once, with line, path and what was meant", () => {
    const text = `apiVersion: sluice.dev/v1
kind: Application
metadata:
  name: Web_App
  lables: {}
spec:
  source:
    repoUrl: https://git.example/a.git
    path: 7
    helm:
      parameters:
        - name: a
          value: true
  destination: {}
  syncPolicy:
    automated: { prune: "yes" }
    syncOptions: [CreateNamespce=true]
    timeout: 120
`;
    expect(problems(text)).toEqual([
      "4: metadata.name: must be a DNS label: lower case letters, digits and '-', at most 63 characters",
      "5: metadata.lables: unknown field lables (did you mean labels?)",
      "7: spec.source.repoURL: is missing: expected a string",
      "8: spec.source.repoUrl: unknown field repoUrl (did you mean repoURL?)",
      "9: spec.source.path: expected a string, got a number (put it in quotes)",
      "13: spec.source.helm.parameters[0].value: expected a string, got true or false (put it in quotes)",
      "14: spec.destination: exactly one of name and server must be set",
      "16: spec.syncPolicy.automated.prune: expected true or false, got a string",
      "17: spec.syncPolicy.syncOptions[0]: unknown sync option CreateNamespce; did you mean CreateNamespace?",
      "18: spec.syncPolicy.timeout: expected a string, got a number (write it with its unit: 120s)",
    ]);
  });

  it("needs a kind and a version that are known", () => {
    expect(problems("apiVersion: argoproj.io/v1alpha1\nkind: Aplication\n")).toEqual([
      "1: apiVersion: expected sluice.dev/v1, got argoproj.io/v1alpha1",
      "2: kind: expected one of Application, Project, Cluster, Repository, ResourceCustomization, Pipeline, ReleaseSource, GatePolicy, AnalysisTemplate, Notification, Account, got Aplication (did you mean Application?)",
    ]);
    expect(problems("- a list\n")).toEqual(
      ["1: -: expected a mapping with apiVersion, kind, metadata, spec"].map((text) => text.replace(": -:", ": :")),
    );
    expect(problems("spec: {}\n")).toEqual([
      "1: apiVersion: is missing: expected sluice.dev/v1",
      "1: kind: is missing: expected one of Application, Project, Cluster, Repository, ResourceCustomization, Pipeline, ReleaseSource, GatePolicy, AnalysisTemplate, Notification, Account",
    ]);
  });

  it("says of Argo CD's kinds what to write, and which fields don't carry over", () => {
    const text = (kind: string, spec: string) =>
      `apiVersion: argoproj.io/v1alpha1\nkind: ${kind}\nmetadata:\n  name: a\n  finalizers: [x]\nspec: ${spec}\n`;
    const found = problems(
      text("Application", "{source: {repoURL: https://git.example/a}, destination: {name: b}, info: []}"),
    );
    expect(found).toHaveLength(3);
    expect(found[0]).toMatch(
      /^1: apiVersion: expected sluice.dev\/v1, .*write apiVersion: sluice.dev\/v1; spec.project, source/,
    );
    expect(found[1]).toContain("5: metadata.finalizers: unknown field");
    expect(found[2]).toContain("6: spec.info: unknown field");
    expect(problems(text("AppProject", "{}"))[0]).toContain("kind: Project");
    expect(problems(text("ApplicationSet", "{}"))[0]).toBe(
      "1: apiVersion: expected sluice.dev/v1, got argoproj.io/v1alpha1",
    );
  });

  it("finds the same object twice in a batch", () => {
    const project = "apiVersion: sluice.dev/v1\nkind: Project\nmetadata:\n  name: a\n";
    const { problems: found } = readConfiguration([
      { file: "1.yaml", text: project },
      { file: "2.yaml", text: project },
    ]);
    expect(found).toMatchObject([
      { file: "2.yaml", line: 4, message: "Project a stands here twice, first in 1.yaml:4" },
    ]);
  });

  it("never shows a value of a secret field", () => {
    const text = `apiVersion: sluice.dev/v1
kind: Repository
metadata: { name: r }
spec:
  url: https://git.example/a.git
  credentials: { password: [CANARY], sshPrivateKey: 7, tocken: CANARY }
  webhook: { provider: CANARYhub, secret: { CANARY: CANARY } }
`;
    const found = readConfiguration([{ file: "a.yaml", text }]).problems;
    expect(found.map(({ path }) => path)).toEqual([
      "spec.credentials.password",
      "spec.credentials.sshPrivateKey",
      "spec.credentials.tocken",
      "spec.webhook.provider",
      "spec.webhook.secret",
    ]);
    expect(JSON.stringify(found.filter(({ path }) => path !== "spec.webhook.provider"))).not.toContain("CANARY");
  });

  it("ignores status, so that what get prints can be applied", () => {
    const text = "apiVersion: sluice.dev/v1\nkind: Project\nmetadata: { name: a }\nstatus: { applications: 3 }\n";
    expect(problems(text)).toEqual([]);
  });

  it("never throws, whatever the object", () => {
    const kind = fc.constantFrom("Application", "Project", "Cluster", "Repository");
    fc.assert(
      fc.property(kind, fc.jsonValue(), fc.jsonValue(), (name, metadata, spec) => {
        const text = JSON.stringify({ apiVersion: "sluice.dev/v1", kind: name, metadata, spec });
        const { objects, problems: found } = readConfiguration([{ file: "a.json", text }]);
        expect(objects.length + found.length).toBeGreaterThan(0);
      }),
      { numRuns: 300 },
    );
  });
});
