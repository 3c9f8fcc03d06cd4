import { createHash } from "node:crypto";
import { gatesOf } from "../../domain/gate/resolve.ts";
import type { Emergency } from "../../schemas/api/promotion-routes.ts";
import { SluiceError } from "../../schemas/errors.ts";
import type { Stage } from "../../schemas/kinds/pipeline.ts";
import type { Caller } from "./authenticate.ts";
import type { Handlers } from "./call.ts";
import { page } from "./page.ts";
import { executeOnPipeline } from "./pipeline-commands.ts";
import type { ApiPorts } from "./ports.ts";

/** Routes of the records that emergencies leave. */
export function emergencyHandlers(
  ports: ApiPorts,
  now: () => Date,
): Required<Pick<Handlers, "listEmergencies" | "closeEmergency">> {
  return {
    listEmergencies: async ({ query }) => {
      const rows = emergencies(ports)
        .filter(({ closed }) => query.open === undefined || (query.open === "true") === (closed === undefined))
        .toSorted((a, b) => Number(a.closed !== undefined) - Number(b.closed !== undefined) || (a.at < b.at ? 1 : -1));
      return page(rows, query, { key: ({ record }) => record, item: (one) => one });
    },
    closeEmergency: async ({ params, body: { note }, actor }) => {
      await ports.projector.reached(await ports.ledger.last());
      const { pipeline, record } = emergencyNamed(params.record, emergencies(ports));
      const at = now().toISOString();
      const { sequence } = await executeOnPipeline(ports, { pipeline, actor, at }, () => [
        { type: "CloseEmergency", record, by: actor, note, at },
      ]);
      await ports.projector.reached(sequence);
      return { ...emergencyNamed(record, emergencies(ports)), sequence };
    },
  };
}

const emergencies = ({ views }: Pick<ApiPorts, "views">): Emergency[] =>
  views.list("pipelines").flatMap(({ value }) => value.emergencies.map((one) => ({ ...one, pipeline: value.name })));

function emergencyNamed(name: string, all: readonly Emergency[]): Emergency {
  const exact = all.filter(({ record }) => record === name);
  const [only, other] = exact.length > 0 ? exact : all.filter(({ record }) => record.startsWith(name));
  if (only && !other) return only;
  const next = "List them with: sluice emergency list";
  if (!only) throw new SluiceError("NotFound", `There is no emergency with the record ${name}`, { next });
  throw new SluiceError("InvalidInput", `${name} is the beginning of several records`, { next });
}

/** Id of the record: the same request makes one. */
export const emergencyRecord = (cause: string): string =>
  `emergency-${createHash("sha256").update(cause).digest("hex").slice(0, 12)}`;

/** Throws Forbidden where the caller is in none of the stage's emergency groups and no admin, InvalidInput for a gate that the stage has not. */
export function checkEmergency(
  { views }: Pick<ApiPorts, "views">,
  { caller, pipeline, stage, gates }: { caller: Caller; pipeline: string; stage: Stage; gates: readonly string[] },
): void {
  const { account, role, groups } = caller;
  const may = role === "admin" || groups.some((group) => stage.emergencyGroups.includes(group));
  if (!may) {
    const allowed = stage.emergencyGroups.join(", ");
    const who = allowed === "" ? "names no emergencyGroups" : `lets only the groups ${allowed}`;
    throw new SluiceError("Forbidden", `${account} may not skip gates: stage ${stage.name} ${who}`, {
      next: `Ask ${allowed === "" ? "an account with the role admin" : "somebody of them"}, or promote without --emergency.`,
    });
  }
  const policies = new Map(views.list("gatePolicies").map(({ value }) => [value.name, value.spec]));
  // A gate that names a policy stands for all gates of it.
  const own = new Set([...stage.gates, ...gatesOf(stage, policies)].map(({ name }) => name));
  const known = [...UPSTREAM, ...own];
  const unknown = gates.filter((gate) => !known.includes(gate));
  if (unknown.length === 0) return;
  if (gates.includes("stopTheLine")) {
    throw new SluiceError("InvalidInput", "A line that was stopped is not skipped, not even in an emergency", {
      next: "An account with the role admin lets it go on: sluice resume-the-line",
    });
  }
  throw new SluiceError(
    "InvalidInput",
    `Stage ${stage.name} of Pipeline ${pipeline} has no gate ${unknown.join(", ")}`,
    {
      next: `Its gates are ${known.join(", ")}.`,
    },
  );
}

/** A hot fix may have to go past the stages before; a stopped line is resumed, and never skipped. */
const UPSTREAM = ["upstream"];
