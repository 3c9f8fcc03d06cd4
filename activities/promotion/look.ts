import { type ApplicationHealth, type Look, next, type Next } from "../../domain/promotion/next.ts";
import { gatesOf } from "../../domain/gate/resolve.ts";
import type { PipelineState } from "../../domain/promotion/state.ts";
import type { ReleaseSummary } from "../../domain/release/state.ts";
import type { GatePolicySpec } from "../../schemas/kinds/gate-policy.ts";
import type { Stage } from "../../schemas/kinds/pipeline.ts";
import { record, type RecordDeps } from "./pipelines.ts";
import type { Due, PromotionKey, PromotionSteps, StageKey } from "./steps.ts";

export interface LookDeps extends RecordDeps {
  /** Releases of a source, oldest first. */
  releases(source: string): Promise<readonly ReleaseSummary[]>;
  line(): Promise<{ stopped: boolean }>;
  /** GatePolicies that the stage's gates name, by name. */
  policies(stage: Stage): Promise<ReadonlyMap<string, GatePolicySpec>>;
  health(application: string): Promise<ApplicationHealth>;
  /** Looks at every gate; when to look again at the latest. */
  evaluate(key: PromotionKey): Promise<Looking>;
  /** Looks at the targets of the running wave, and asks for the syncs that may be asked for. */
  observe(key: PromotionKey): Promise<Looking>;
}

/** What a look inside of Sluice brought: with `recorded` it is worth another one. */
export interface Looking {
  recorded: boolean;
  /** RFC 3339. */
  again?: string | undefined;
}

/** Steps done in one call: a bound, should two of them ever undo each other. */
const MOST_STEPS = 100;

/** Takes every step that is only a record or a look inside of Sluice, until one is due that takes more, or nothing is. */
export function createLookAtStage(deps: LookDeps): PromotionSteps["lookAtStage"] {
  return async ({ pipeline, stage, looked: before }) => {
    let looked = before;
    for (let step = 0; step < MOST_STEPS; step += 1) {
      const now = deps.now();
      const due = await dueNow(deps, { pipeline, stage, looked, now });
      if (due.do === "evaluate" || due.do === "observe") {
        const { recorded, again } = await deps[due.do]({ pipeline, stage, promotion: due.promotion });
        const look = { do: due.do, promotion: due.promotion, ...(again !== undefined && { again }) };
        // What is new of a wave is for the next step to judge; then there may be more to ask for.
        if (!recorded || due.do === "evaluate") looked = [...looked, look];
      } else if ("command" in due) {
        await record(deps, pipeline, due.command);
        // A verification that began is something that gates say.
        if (due.do === "startVerification") looked = looked.filter((one) => one.do !== "evaluate");
      } else return { due: asDue(due, now), looked };
    }
    return { due: { do: "wait", why: "many steps were due at once", leftMs: 1_000 }, looked: [] };
  };
}

async function dueNow(
  deps: LookDeps,
  { pipeline, stage, looked, now }: StageKey & { looked: readonly Look[]; now: string },
): Promise<Next> {
  const [state, line] = await Promise.all([deps.pipelines.load(pipeline), deps.line()]);
  const spec = state.configuration?.spec;
  const into = spec?.stages.find(({ name }) => name === stage);
  const [releases, policies, health] = await Promise.all([
    spec ? deps.releases(spec.releaseSource) : [],
    into ? deps.policies(into) : new Map<string, GatePolicySpec>(),
    into ? healthOf(deps, state, into) : [],
  ]);
  return next({
    ...{ pipeline, state, stage, now, line, looked, health },
    releases: releases.toReversed(),
    ...(into && { gates: gatesOf(into, policies) }),
  });
}

/** Of all that the stage promoted: health that is lost takes its verification away, and the stages behind wait. */
async function healthOf(
  deps: LookDeps,
  { stages, promotions }: PipelineState,
  stage: Stage,
): Promise<ApplicationHealth[]> {
  const { running, applications = {} } = stages[stage.name] ?? {};
  const targets = Object.values(promotions[running ?? ""]?.targets ?? {}).filter(({ state }) => state === "Promoted");
  const names = new Set([...Object.keys(applications), ...targets.map(({ application }) => application)]);
  return Promise.all([...names].toSorted().map((name) => deps.health(name)));
}

type Done = Exclude<Next, { command: unknown } | { do: "evaluate" | "observe" }>;

function asDue(due: Done, now: string): Due {
  if (due.do !== "wait") return due;
  const { why, until, promotion } = due;
  const left = until === undefined ? undefined : Math.max(Date.parse(until) - Date.parse(now), 0);
  return {
    ...{ do: "wait", why },
    ...(promotion !== undefined && { promotion }),
    ...(left !== undefined && !Number.isNaN(left) && { leftMs: left }),
  };
}
