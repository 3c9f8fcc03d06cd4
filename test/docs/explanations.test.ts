import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { EVENTS } from "../../schemas/events/index.ts";
import { documentPaths, readDocument, ROOT } from "./documents.ts";

/** What pages tell of closed sets of words, against the sets themselves. */

const eventTypes = Object.values(EVENTS).flatMap((table) => Object.keys(table));

it("the page on pruning names every reason of a refusal, and no other", () => {
  const source = readFileSync(join(ROOT, "domain/sync/prune.ts"), "utf8");
  const union = /export type PruneRefusal =([^;]+);/.exec(source)![1]!;
  const reasons = [...union.matchAll(/\| "(\w+)"/g)].map(([, reason]) => reason!);
  expect(reasons.length).toBeGreaterThan(9);
  const { prose } = readDocument("docs/explanation/prune-on-proof.md");
  const told = [...prose.matchAll(/`([A-Z][a-z]+[A-Z]?\w*)`/g)].map(([, word]) => word!);
  expect([...new Set(told)].toSorted()).toEqual(reasons.toSorted());
});

it("pages name only events that there are", () => {
  for (const name of ["how-a-push-travels", "drift"]) {
    const { prose } = readDocument(`docs/explanation/${name}.md`);
    const told = [...prose.matchAll(/`([A-Z][a-z]+(?:[A-Z][a-z]+)+)`/g)].map(([, word]) => word!);
    expect(told.length).toBeGreaterThan(1);
    expect(eventTypes).toEqual(expect.arrayContaining(told));
  }
});

it("the index leads to every page", () => {
  const index = readDocument("docs/README.md").prose;
  const pages = documentPaths().filter((path) => path.startsWith("docs/") && path !== "docs/README.md");
  expect(pages.filter((path) => !index.includes(`](${path.slice("docs/".length)})`))).toEqual([]);
});
