import type { ApplicationState } from "../../domain/application/state.ts";
import { outcomeOf, type SeenEvent, type TargetOutcome } from "../../domain/promotion/target-outcome.ts";
import type { PipelineCommand } from "../../domain/promotion/command.ts";
import type { TargetState } from "../../domain/promotion/state.ts";
import { inTheMaking } from "../../domain/promotion/waves.ts";
import type { OperationRequest } from "../../schemas/operation.ts";
import type { Looking } from "./look.ts";
import type { PinApplication } from "./moving.ts";
import { promoting, type Promoting, record, type RecordDeps } from "./pipelines.ts";
import type { PromotionKey } from "./steps.ts";
import type { TargetsOf } from "./targets-of.ts";

export interface ObserveDeps extends RecordDeps {
  /** An application's aggregate, and its events after a ledger sequence. */
  application(name: string, after: number): Promise<{ state: ApplicationState; seen: SeenEvent[] }>;
  targetsOf: TargetsOf;
  pinApplication: PinApplication;
  /** Asks for an operation; asked for twice it is one. */
  request(application: string, request: OperationRequest): Promise<void>;
}

/** Their events wake the stage; this long after nothing was heard, somebody looks all the same. */
const AGAIN_MS = 10 * 60_000;
/** Applications looked at at once. */
const AT_ONCE = 16;

/**
 * Looks at the applications of the running wave: records what became of them, or, where nothing new did, asks for as many syncs as may be
 * in the making. The first of those that are under way are those asked for, so that nothing else has to be remembered.
 */
export function createObserve(deps: ObserveDeps): (key: PromotionKey) => Promise<Looking> {
  return async (key) => {
    const found = await promoting(deps.pipelines, key);
    const wave = found?.promotion.waves.at(-1);
    if (!found || !wave || wave.completedAt !== undefined) return { recorded: false };
    const making = inTheMaking(found.stage, found.promotion);
    const looks = await mapBounded(making, (target) => lookAt(deps, target));
    const recorded = await recordOutcomes(deps, key, looks);
    if (!recorded && !found.promotion.paused) await ask(deps, { key, found, looks });
    return { recorded, again: new Date(Date.parse(deps.now()) + AGAIN_MS).toISOString() };
  };
}

interface LookAt {
  target: TargetState;
  outcome: TargetOutcome;
}

async function lookAt(deps: ObserveDeps, target: TargetState): Promise<LookAt> {
  const { state, seen } = await deps.application(target.application, target.after ?? 0);
  return { target, outcome: outcomeOf(target, seen, state) };
}

async function recordOutcomes(
  deps: ObserveDeps,
  { pipeline, promotion }: PromotionKey,
  looks: LookAt[],
): Promise<boolean> {
  let news = false;
  for (const { target, outcome } of looks) {
    const command = commandFor({ promotion, application: target.application, at: deps.now() }, outcome);
    if (command) news = (await record(deps, pipeline, command)) || news;
  }
  return news;
}

function commandFor(
  { at, ...of }: { promotion: string; application: string; at: string },
  outcome: TargetOutcome,
): PipelineCommand | undefined {
  switch (outcome.is) {
    case "promoted": {
      const { operation, revision, sourceDigest, sequence } = outcome;
      return { type: "RecordPromoted", ...of, operation, revision, sourceDigest, sequence, at };
    }
    case "failed": {
      const { reason, message, health } = outcome;
      return { type: "RecordTargetFailure", ...of, reason, message, ...(health !== undefined && { health }) };
    }
    case "toBeAsked":
    case "underWay":
      return undefined;
  }
}

/** Pins before it asks: what the sync names is what the application is to stay at. */
async function ask(
  deps: ObserveDeps,
  { key, found, looks }: { key: PromotionKey; found: Promoting; looks: LookAt[] },
): Promise<void> {
  const wanted = looks.flatMap(({ target, outcome }) =>
    outcome.is === "toBeAsked" ? [{ target, operation: outcome.operation }] : [],
  );
  if (wanted.length === 0) return;
  const { actor } = found.promotion.trigger;
  const { promotion } = key;
  const targets = new Map((await deps.targetsOf(key.pipeline, found)).map((one) => [one.application, one]));
  await mapBounded(wanted, async ({ target: { application, revision }, operation }) => {
    const moving = targets.get(application);
    await deps.pinApplication({
      target: { application, ...(moving?.pin && { pin: moving.pin }) },
      ...{ promotion, actor },
    });
    await deps.request(application, {
      ...{ operation, kind: "sync", revision },
      trigger: { type: "promotion", actor, cause: promotion },
      requestedAt: deps.now(),
    });
  });
}

async function mapBounded<Item, Result>(
  items: readonly Item[],
  map: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  for (let at = 0; at < items.length; at += AT_ONCE) {
    results.push(...(await Promise.all(items.slice(at, at + AT_ONCE).map(map))));
  }
  return results;
}
