import type { HookStep, Plan, PlanStep } from "../../schemas/artifact.ts";
import type { OperationKind } from "../../schemas/operation.ts";
import type { HookPhase, Part } from "../../schemas/phases.ts";
import { isSettled } from "../health/settled.ts";

type Planned = Pick<Plan, "steps" | "hooks" | "pruneLast">;

/**
 * The parts that a plan is carried out in, or undefined when it is a single one: no hooks, one wave, and no prune that has to wait.
 * PreSync, then Sync wave by wave, then prunes from the highest wave down, then PostSync; SyncFail only after a failure. A deletion
 * is PreDelete, prunes from the highest wave down, PostDelete.
 */
export function partsOf(plan: Planned, kind: OperationKind): Part[] | undefined {
  const hooks = plan.hooks ?? [];
  const sync = ascending([
    ...plan.steps.filter(isOpen).map(waveIn),
    ...hooks.filter(({ phase }) => phase === "Sync").map(waveIn),
  ]).map((wave): Part => {
    const mixed = hooks.some((hook) => hook.phase === "Sync" && hook.wave === wave);
    return { phase: "Sync", wave, ...(mixed ? { hooks: true } : {}) };
  });
  const prunes = pruneParts(plan.steps);
  const waits = plan.steps.some((step) => isPrune(step) && (plan.pruneLast || step.pruneLast || step.confirm));
  if (hooks.length === 0 && sync.length < 2 && prunes.length < 2 && !waits) return undefined;
  const of = (phase: HookPhase): Part[] =>
    ascending(hooks.filter((hook) => hook.phase === phase).map(waveIn)).map((wave) => ({ phase, wave }));
  if (kind === "delete") return withConfirmFirst([...of("PreDelete"), ...prunes, ...of("PostDelete")]);
  const main = [...of("PreSync"), ...sync, ...prunes, ...of("PostSync")];
  return [...(main.length > 0 ? main : [ONLY]), ...of("SyncFail")];
}

/** What a plan consists of that has nothing to write, nor hooks unless it fails. */
const ONLY: Part = { phase: "Sync", wave: 0 };

/** Nothing of a deletion happens before the yes to it. */
function withConfirmFirst(parts: Part[]): Part[] {
  const [first, ...rest] = parts;
  if (!first || !parts.some(({ confirm }) => confirm)) return parts;
  return [{ ...first, confirm: true }, ...rest.map(unconfirmed)];
}

function unconfirmed(part: Part): Part {
  const { confirm: _, ...rest } = part;
  return rest;
}

/** From the highest wave down; all of them come when everything else is healthy, so that PruneLast asks for no more. */
function pruneParts(steps: readonly PlanStep[]): Part[] {
  const prunes = steps.filter(isPrune);
  return ascending(prunes.map(waveIn))
    .reverse()
    .map((wave) => {
      const confirm = prunes.some((step) => waveIn(step) === wave && step.confirm);
      return { phase: "Prune", wave, ...(confirm ? { confirm } : {}) };
    });
}

const isPrune = ({ action }: PlanStep): boolean => action === "prune";

/** Whether a wave has to be carried out for this object: something is to be written, or its health is still to come. */
function isOpen({ action, health, ignoreHealth }: PlanStep): boolean {
  if (action === "prune" || action === "refuse") return false;
  return action !== "unchanged" || (!ignoreHealth && !isSettled(health ?? "Unknown"));
}

export const waveIn = ({ wave = 0 }: Pick<PlanStep, "wave"> | Pick<HookStep, "wave">): number => wave;

const ascending = (waves: readonly number[]): number[] => [...new Set(waves)].sort((a, b) => a - b);

/** What a part of a plan consists of; all but the hooks when there is no part. */
export function stepsOfPart(plan: Planned, part: Part | undefined): { steps: PlanStep[]; hooks: HookStep[] } {
  if (!part) return { steps: plan.steps, hooks: [] };
  const { phase, wave } = part;
  const inWave = (step: Pick<PlanStep, "wave">): boolean => waveIn(step) === wave;
  const hooks = (plan.hooks ?? []).filter((hook) => hook.phase === phase && hook.wave === wave);
  if (phase === "Prune") return { steps: plan.steps.filter((step) => isPrune(step) && inWave(step)), hooks };
  if (phase !== "Sync") return { steps: [], hooks };
  return { steps: plan.steps.filter((step) => !isPrune(step) && inWave(step)), hooks };
}

/** Whether an outcome belongs to a part; every outcome when there is none. */
export function isInPart(
  { action, hook, wave = 0 }: { action: PlanStep["action"]; hook?: HookPhase; wave?: number },
  part: Part | undefined,
): boolean {
  if (!part) return true;
  if (wave !== part.wave) return false;
  if (hook !== undefined) return hook === part.phase;
  return part.phase === (action === "prune" ? "Prune" : "Sync");
}
