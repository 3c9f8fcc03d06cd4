import type { RawObject } from "../../schemas/artifact.ts";
import { nearest } from "../../schemas/api/nearest.ts";
import type { Problem } from "../../schemas/errors.ts";
import { HOOK_DELETE_POLICIES, HOOK_PHASES, type HookDeletePolicy, type HookPhase } from "../../schemas/phases.ts";
import { isHealthIgnored } from "../health/ignored.ts";
import { keyTextOf } from "./identity.ts";

/** Where an object stands in a sync, as its annotations say. */
export interface Placement {
  /** Lower ones come first; 0 unless it says so. */
  wave: number;
  /** Phases that it runs in as a hook; absent for an ordinary object, which is applied in Sync and owned. */
  hooks?: readonly HookPhase[];
  /** It is left alone: neither applied nor pruned (`hook: Skip`, or a Helm hook that no sync knows). */
  skip: boolean;
  /** When a hook's object is deleted, as it says itself; none unless it does. */
  deletePolicies: readonly HookDeletePolicy[];
  /** Its health is neither waited for nor counted. */
  ignoreHealth: boolean;
}

/** Ours wins over Argo CD's of the same name. */
const PREFIXES = ["sluice.dev/", "argocd.argoproj.io/"] as const;

/** Helm's hooks as Argo CD maps them; an empty list for those that never run in a sync. `crd-install` is an ordinary CRD. */
const HELM_HOOKS: Readonly<Record<string, readonly HookPhase[]>> = {
  "crd-install": [],
  "pre-install": ["PreSync"],
  "pre-upgrade": ["PreSync"],
  "post-install": ["PostSync"],
  "post-upgrade": ["PostSync"],
  "pre-delete": ["PreDelete"],
  "post-delete": ["PostDelete"],
  "pre-rollback": [],
  "post-rollback": [],
  test: [],
  "test-success": [],
  "test-failure": [],
};

const HELM_POLICIES: Readonly<Record<string, HookDeletePolicy>> = {
  "before-hook-creation": "BeforeHookCreation",
  "hook-succeeded": "HookSucceeded",
  "hook-failed": "HookFailed",
};

const HOOK_NAMES: readonly string[] = [...HOOK_PHASES, "Skip"];

/** Where an object stands in a sync. What is malformed counts as absent: `placementProblems` says so before. */
export function placementOf(object: RawObject): Placement {
  const hooks = hooksOf(object);
  return {
    wave: waveOf(object),
    skip: isSkipped(object),
    deletePolicies: deletePoliciesOf(object),
    ignoreHealth: ignoresHealth(object),
    ...(hooks === undefined ? {} : { hooks }),
  };
}

/** The wave of an object, 0 unless it names one; Helm's hook weight is one too. */
export function waveOf(object: RawObject): number {
  const text = annotated(object, "sync-wave")?.text ?? annotation(object, "helm.sh/hook-weight");
  return text === undefined ? 0 : (integer(text) ?? 0);
}

/** Whether an object says that its health is neither waited for nor counted. */
export const ignoresHealth = (object: RawObject): boolean => isHealthIgnored(object);

/** The phases that an object runs in as a hook; undefined for an ordinary object and for one that is skipped. */
export function hooksOf(object: RawObject): readonly HookPhase[] | undefined {
  const names = namesOf(annotated(object, "hook")?.text);
  if (names !== undefined) {
    const phases = HOOK_PHASES.filter((phase) => names.includes(phase));
    return phases.length > 0 && !names.includes("Skip") ? phases : undefined;
  }
  const helm = namesOf(annotation(object, "helm.sh/hook"));
  const phases = new Set((helm ?? []).flatMap((name) => HELM_HOOKS[name] ?? []));
  return phases.size > 0 ? HOOK_PHASES.filter((phase) => phases.has(phase)) : undefined;
}

/** Whether an object is never applied: `hook: Skip`, or a Helm hook of which no sync knows, as tests are. */
export function isSkipped(object: RawObject): boolean {
  const names = namesOf(annotated(object, "hook")?.text);
  if (names !== undefined) return names.includes("Skip");
  const helm = namesOf(annotation(object, "helm.sh/hook"));
  return helm !== undefined && !helm.includes("crd-install") && hooksOf(object) === undefined;
}

function deletePoliciesOf(object: RawObject): readonly HookDeletePolicy[] {
  const names = namesOf(annotated(object, "hook-delete-policy")?.text);
  const helm = namesOf(annotation(object, "helm.sh/hook-delete-policy"));
  const policies = names ?? helm?.map((name) => HELM_POLICIES[name]);
  return HOOK_DELETE_POLICIES.filter((policy) => policies?.includes(policy));
}

/** What is wrong with the annotations that place an object: each with the object, the annotation and the nearest known name. */
export function placementProblems(object: RawObject): Problem[] {
  return [
    ...PREFIXES.flatMap((prefix) => [
      ...unknownNames(object, `${prefix}hook`, HOOK_NAMES),
      ...unknownNames(object, `${prefix}hook-delete-policy`, HOOK_DELETE_POLICIES),
      ...noInteger(object, `${prefix}sync-wave`),
    ]),
    ...unknownNames(object, "helm.sh/hook", Object.keys(HELM_HOOKS)),
    ...unknownNames(object, "helm.sh/hook-delete-policy", Object.keys(HELM_POLICIES)),
    ...noInteger(object, "helm.sh/hook-weight"),
  ];
}

function unknownNames(object: RawObject, name: string, known: readonly string[]): Problem[] {
  const names = namesOf(annotation(object, name)) ?? [];
  return names
    .filter((word) => !known.includes(word))
    .map((word) => {
      const meant = nearest(word, known);
      const next = meant === undefined ? `known are ${known.join(", ")}` : `did you mean ${meant}?`;
      return problem(object, name, `${JSON.stringify(word)} is not known`, next);
    });
}

function noInteger(object: RawObject, name: string): Problem[] {
  const text = annotation(object, name);
  if (text === undefined || integer(text) !== undefined) return [];
  return [
    problem(object, name, `${JSON.stringify(text)} is not an integer`, 'write a whole number such as "-5" or "10"'),
  ];
}

const problem = (object: RawObject, name: string, what: string, next: string): Problem => ({
  path: `${keyTextOf(object)} metadata.annotations[${name}]`,
  message: `annotation ${name} of ${keyTextOf(object)}: ${what}; ${next}`,
  next,
});

function annotation(object: RawObject, name: string): string | undefined {
  const text: unknown = object.metadata.annotations?.[name];
  return typeof text === "string" ? text : undefined;
}

function annotated(object: RawObject, name: string): { text: string } | undefined {
  for (const prefix of PREFIXES) {
    const text = annotation(object, prefix + name);
    if (text !== undefined) return { text };
  }
  return undefined;
}

const namesOf = (text: string | undefined): string[] | undefined => text?.split(",").map((name) => name.trim());

/** Kubernetes' own integers are of 32 bits, and no wave needs more. */
const LARGEST = 2 ** 31;

function integer(text: string): number | undefined {
  const number = /^[+-]?\d+$/.test(text.trim()) ? Number(text.trim()) : Number.NaN;
  return Math.abs(number) < LARGEST ? number + 0 : undefined;
}
