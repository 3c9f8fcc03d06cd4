import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { checkDependencies, cycleOf, denyUndepended, dependents } from "../../../domain/dependency/graph.ts";
import { ApplicationSpec } from "../../../schemas/kinds/application.ts";

const spec = (...names: string[]): ApplicationSpec =>
  ApplicationSpec.parse({
    source: { repoURL: "https://git.example/shop.git" },
    destination: { name: "prod" },
    dependsOn: names.map((application) => ({ application })),
  });
const graph = (edges: Record<string, string[]>) =>
  new Map(Object.entries(edges).map(([name, names]) => [name, spec(...names)]));
const found = (name: string, edges: Record<string, string[]>) =>
  checkDependencies(name, graph(edges).get(name)!, graph(edges)).map(({ path, message }) => `${path}: ${message}`);

describe("dependencies that are applied", () => {
  test("are fine as long as they lead somewhere and not back", () => {
    const diamond = { web: ["api", "cache"], api: ["db"], cache: ["db"], db: [] };
    for (const name of Object.keys(diamond)) expect(found(name, diamond)).toEqual([]);
  });

  test("on nothing are told, with the nearest name", () => {
    const findings = checkDependencies("web", spec("dbb"), graph({ web: ["dbb"], db: [] }));
    expect(findings).toEqual([
      { path: "spec.dependsOn.0.application", message: "there is no Application dbb", next: "did you mean db?" },
    ]);
  });

  test("on oneself are refused", () => {
    expect(found("web", { web: ["db", "web"], db: [] })).toEqual([
      "spec.dependsOn.1.application: web depends on itself",
    ]);
  });

  test("in a circle are named, from each of those in it", () => {
    const circle = { a: ["x", "b"], b: ["c"], c: ["a"], x: [] };
    const cycle = "the dependencies form a cycle:";
    expect(found("a", circle)).toEqual([`spec.dependsOn.1.application: ${cycle} a -> b -> c -> a`]);
    expect(found("c", circle)).toEqual([`spec.dependsOn.0.application: ${cycle} c -> a -> b -> c`]);
    expect(found("x", circle)).toEqual([]);
  });

  test("of one that only leads into a circle are not its own mistake", () => {
    expect(found("d", { d: ["a"], a: ["b"], b: ["a"] })).toEqual([]);
  });

  test("on objects are no part of the graph", () => {
    const resource = { apiVersion: "v1", kind: "ConfigMap", name: "web" };
    const web = { ...spec("db"), dependsOn: [{ resource }, { application: "db" }] };
    expect(
      checkDependencies(
        "web",
        web,
        new Map([
          ["web", web],
          ["db", spec()],
        ]),
      ),
    ).toEqual([]);
  });
});

describe("a delete", () => {
  test("is denied with the names of those that wait for it", () => {
    const applications = graph({ web: ["db"], api: ["db"], db: [] });
    expect(dependents("db", applications)).toEqual(["api", "web"]);
    expect(denyUndepended("db", applications)?.message).toContain("what api, web depend on");
    expect(denyUndepended("web", applications)).toBeUndefined();
  });
});

const NAMES = ["a", "b", "c", "d", "e", "f"];
const graphs = fc
  .tuple(...NAMES.map(() => fc.uniqueArray(fc.constantFrom(...NAMES), { maxLength: 3 })))
  .map((edges) => Object.fromEntries(NAMES.map((name, index) => [name, edges[index]!])));

/** Everything that can be got to from an application, by walking for as long as there is anything new. */
function reachable(edges: Record<string, string[]>, from: string): Set<string> {
  const seen = new Set<string>();
  let front = edges[from] ?? [];
  while (front.length > 0) {
    for (const name of front) seen.add(name);
    front = front.flatMap((name) => edges[name] ?? []).filter((name) => !seen.has(name));
  }
  return seen;
}

describe("for any graph", () => {
  test("a cycle is found exactly where one is, and is a way that there is", () => {
    fc.assert(
      fc.property(graphs, fc.constantFrom(...NAMES), (edges, name) => {
        const cycle = cycleOf(name, graph(edges));
        expect(cycle !== undefined).toBe(reachable(edges, name).has(name));
        if (!cycle) return;
        expect([cycle[0], cycle.at(-1)]).toEqual([name, name]);
        expect(new Set(cycle).size).toBe(cycle.length - 1);
        cycle.slice(1).forEach((next, index) => expect(edges[cycle[index]!]).toContain(next));
      }),
    );
  });

  test("whatever is accepted whole has an order in which everything can be synced", () => {
    fc.assert(
      fc.property(graphs, (edges) => {
        fc.pre(NAMES.every((name) => found(name, edges).length === 0));
        const synced = new Set<string>();
        for (let round = 0; round < NAMES.length; round += 1) {
          for (const name of NAMES) if (edges[name]!.every((one) => synced.has(one))) synced.add(name);
        }
        expect([...synced].toSorted()).toEqual(NAMES);
      }),
      { numRuns: 300 },
    );
  });
});
