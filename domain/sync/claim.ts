import type { RawObject } from "../../schemas/artifact.ts";
import { FIELD_MANAGER } from "../../schemas/ids.ts";
import { foreignOwner } from "./foreign-owner.ts";
import { CLIENT_SIDE, migratable, migrationOf } from "./manager-entries.ts";
import type { EffectiveOptions } from "./options.ts";
import { ownerOf } from "./tracking.ts";

/** Why a live object is not this application's to write. */
export type ClaimRefusal = "OwnedByOther" | "ManagedByOther" | "NotAdopted";

export interface Claim {
  application: string;
  /** Adopt: `true` takes over what another tool manages, `false` takes over nothing at all. */
  adopt: string | undefined;
  /** Applications that are not there: deleted here, or unknown here, as another Sluice's are. */
  gone?: ReadonlyMap<string, "deleted" | "unknown">;
}

/**
 * Why an application may not write a live object: another application of ours has it, another tool manages it and nobody
 * agreed to the change, or nothing is to be adopted. Undefined when it may. What a deleted application left is nobody's.
 */
export function claimRefusal(
  live: RawObject,
  { application, adopt, gone }: Claim,
): { reason: ClaimRefusal; message: string } | undefined {
  const owner = ownerOf(live);
  if (owner === application) return undefined;
  const standing = owner === undefined ? "deleted" : gone?.get(owner);
  if (standing === undefined) {
    const next = "remove it from one of the two, or the annotation from the object";
    return { reason: "OwnedByOther", message: `it belongs to application ${owner}; ${next}` };
  }
  if (standing === "unknown" && adopt !== "true") {
    const next = "if no other Sluice has it, sync with the option Adopt=true to take it over";
    return { reason: "OwnedByOther", message: `it belongs to application ${owner}, which is not known here; ${next}` };
  }
  const foreign = foreignOwner(live);
  if (foreign && adopt !== "true") {
    const whose = `${foreign.tool} ${foreign.owner} manages it (${foreign.mark})`;
    const next = `take it out there without deleting it and sync with the option Adopt=true, or remove it from Git`;
    return { reason: "ManagedByOther", message: `${whose}; ${next}` };
  }
  if (adopt !== "false") return undefined;
  const next = "sync with the option Adopt=true to take it over, or delete it";
  return { reason: "NotAdopted", message: `it was not created by this application; ${next}` };
}

/** kubectl's other ways to make a whole object, and its server-side apply. */
const KUBECTL = ["kubectl", "kubectl-create", "kubectl-replace"];
/** Tools that apply whole objects, by the names they give to the API server. */
const TOOLS = [
  "argocd-controller",
  "argocd-application-controller",
  "kustomize-controller",
  "helm-controller",
  "flux",
  "helm",
  "Helm",
];

/**
 * Managers whose entries on a live object become ours before the apply, so that what they wrote and Git doesn't have is
 * removed: kubectl's client-side apply always, its other ways when the object is taken over, another tool's then too if that
 * was agreed to.
 */
export function adoptedManagers(
  live: RawObject,
  options: Pick<EffectiveOptions, "values" | "ssa" | "migrationManagers">,
  takenOver: boolean,
): string[] {
  if (options.ssa === "Merge") return [];
  const client =
    options.values.ClientSideApplyMigration === "false" ? [] : [...CLIENT_SIDE, ...options.migrationManagers];
  const tools = options.values.Adopt === "true" ? TOOLS : [];
  // What we wrote by other means than server-side apply is ours all the same.
  return migratable(live, migrationOf([...client, FIELD_MANAGER, ...(takenOver ? [...KUBECTL, ...tools] : [])]));
}
