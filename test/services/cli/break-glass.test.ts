import { afterEach, beforeEach, expect, it } from "vitest";
import type { ApplicationView } from "../../../schemas/views.ts";
import { application, CLUSTER } from "../api/instance.ts";
import { cliWithServer } from "./cli.ts";

let at: Awaited<ReturnType<typeof cliWithServer>>;
beforeEach(async () => {
  at = await cliWithServer();
  await at.apply([CLUSTER, application("web")].join("---"));
});
afterEach(() => at.close());

const by = { kind: "user", name: "admin" } as const;
const change = {
  object: "apps/Deployment/shop/web",
  change: "modified" as const,
  fields: [{ path: ".spec.replicas", was: "2", is: "5" }],
  authors: [{ manager: "kubectl-\u001b[2Jedit", operation: "Update" as const }],
  at: "2026-01-01T00:00:00Z",
};
/** As the projector folds it. */
function viewed(more: Partial<ApplicationView>): void {
  const rows = at.table("applications");
  rows.set("web", { ...(rows.get("web") as ApplicationView), ...more });
}
const on = (more: object = {}): Partial<ApplicationView> => ({
  breakGlass: {
    ...{
      id: "b",
      startedAt: "2026-01-01T00:00:00Z",
      until: "2999-01-01T00:00:00Z",
      reason: "incident",
      people: [],
      by,
    },
    ...{ then: "PutBack", changes: 1, changed: [change] },
    ...more,
  },
});

it("start, extend and end say what holds from now on", async () => {
  const start = ["break-glass", "start", "web", "--for", "30m", "--reason", "INC 42", "--person", "ada"];
  const started = await at.sluice(start);
  expect(started.code).toBe(0);
  expect(started.out).toMatch(
    /^break-glass of application\/web is on until \S+, then what was changed by hand is put back\n$/,
  );
  expect((await at.sluice(start)).code).toBe(5);
  expect((await at.sluice("break-glass extend web --for 1h")).code).toBe(0);
  expect((await at.sluice("break-glass end web")).out).toMatch(/^break-glass of application\/web is over/);
});

it("a branch alone means that the difference is committed there", async () => {
  const start = ["break-glass", "start", "web", "--for", "30m", "--reason", "x", "--branch", "fix", "-o", "json"];
  expect(JSON.parse((await at.sluice(start)).out)).toMatchObject({ then: "Commit", branch: "fix" });
});

it("without a time or a reason nothing is started", async () => {
  expect((await at.sluice("break-glass start web --for 30m")).code).toBe(2);
  expect((await at.sluice("break-glass start web --reason x")).code).toBe(2);
});

it("list and show tell state and changes, and obey nothing that a field manager calls itself", async () => {
  expect((await at.sluice("break-glass list")).err).toContain("No break-glass is on.");
  viewed(on());
  const { out } = await at.sluice("break-glass list");
  expect(out).toMatch(
    /APPLICATION +STATE +LEFT +BY +CHANGES +THEN +REASON\nweb +On +\S+ +admin +1 +put back +incident\n/,
  );
  const shown = await at.sluice("break-glass show web");
  expect(shown.out).toContain("apps/Deployment/shop/web modified; kubectl-?[2Jedit; .spec.replicas 2 -> 5");
  viewed(on({ ended: { why: "Expired", by, at: "" }, refused: "no rights to push" }));
  expect((await at.sluice("break-glass list")).out).toContain("Undecided");
  expect((await at.sluice("break-glass show web")).out).toContain("no rights to push");
});

it("diff prints files, objects and fields, and what can't be in them beside", async () => {
  const changed = { object: change.object, change: "changed" as const };
  at.ports.breakGlass.diff = async () => ({
    revision: "c0ffee",
    files: [
      {
        ...{ path: "web.yaml", change: "changed", patches: [] },
        objects: [{ ...changed, fields: [{ path: ".spec.replicas", was: "2", is: "5" }] }],
      },
      { path: "kustomization.yaml", change: "changed", patches: ["p.yaml"], objects: [] },
    ],
    skipped: [{ object: "/Secret/shop/key", message: "values of a Secret are not written to Git" }],
    added: [{ object: change.object, field: ".spec.env", managers: ["kubectl-set"] }],
  });
  const { out, err } = await at.sluice("break-glass diff web");
  expect(out).toBe(
    `web.yaml changed\n  ${change.object} changed\n    .spec.replicas 2 -> 5\n` +
      "kustomization.yaml changed\n  names the patch p.yaml\n",
  );
  expect(err).toContain("/Secret/shop/key: values of a Secret");
  expect(err).toContain("apps/Deployment/shop/web: .spec.env was added by kubectl-set and stays");
});

it("end says which added fields putting back leaves", async () => {
  const diff = { revision: "c0ffee", files: [], skipped: [] };
  const added = [{ object: change.object, field: ".spec.env", managers: ["kubectl-set"] }];
  at.ports.breakGlass.diff = async () => ({ ...diff, added });
  await at.sluice(["break-glass", "start", "web", "--for", "30m", "--reason", "x"]);
  const { code, err } = await at.sluice("break-glass end web");
  expect(code).toBe(0);
  expect(err).toContain("apps/Deployment/shop/web: .spec.env was added by kubectl-set and stays");
});

it("app get tells what drifted, from what to what and by whom, and of a fight", async () => {
  const since = "2026-01-01T00:00:00Z";
  const drifted = { uid: "u", managers: ["hpa"], more: 2, since, ...change };
  const flapping = {
    ...{ objects: [change.object], managers: ["sluice", "hpa"], count: 3, windowSeconds: 600 },
    nextAt: "2999-01-01T00:00:00Z",
  };
  viewed({ drift: [drifted], remediation: { operation: "o", at: since, flapping } });
  const { out } = await at.sluice("app get web");
  expect(out).toContain(`apps/Deployment/shop/web modified by hpa since ${since}: .spec.replicas 2 -> 5 and 2 more`);
  expect(out).toMatch(/Flapping: +apps\/Deployment\/shop\/web by sluice and hpa, next 2999/);
});

it("app resources --orphaned lists what nobody owns, and says of what it does not know", async () => {
  const orphan = { group: "", kind: "ConfigMap", namespace: "shop", name: "stray", apiVersion: "v1", uid: "u" };
  at.ports.orphans = async () => ({
    items: [orphan],
    unread: [{ kind: "v1/Secret", message: "forbidden" }],
    truncated: false,
    warn: true,
  });
  const { out, err } = await at.sluice("app resources web --orphaned");
  expect(out).toMatch(/^KIND +NAMESPACE +NAME +AGE\nConfigMap +shop +stray +-\n$/);
  expect(err).toContain("v1/Secret could not be listed: forbidden");
  expect(err).toContain("warning: orphaned objects in the namespaces of web: 1");
  expect((await at.sluice("app resources web --orphaned -o name")).out).toBe("configmap/shop/stray\n");
});
