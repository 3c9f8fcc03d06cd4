import type { RawObject } from "../../schemas/artifact.ts";
import { objectKey, parseTrackingId } from "../../schemas/ids.ts";
import { keyOf } from "./identity.ts";
import { managerEntries, type ManagerEntry } from "./manager-entries.ts";

/** Another tool that manages an object, as its marks on it say. */
export interface ForeignOwner {
  tool: "Argo CD" | "Flux" | "Helm";
  /** The application, Kustomization, HelmRelease or release. */
  owner: string;
  /** The mark that says so. */
  mark: string;
}

const INSTANCE = "app.kubernetes.io/instance";
const TRACKING = "argocd.argoproj.io/tracking-id";

/**
 * The other tool that a live object belongs to, or undefined when none has marked it. A mark that came with a copy does not
 * count: Argo CD's tracking id has to name this object, its label has to be written by Argo CD.
 */
export function foreignOwner(live: RawObject): ForeignOwner | undefined {
  const labels: Record<string, unknown> = live.metadata.labels ?? {};
  const annotations: Record<string, unknown> = live.metadata.annotations ?? {};
  return argoCd(live, labels, annotations) ?? flux(labels) ?? helm(annotations);
}

type Marks = Readonly<Record<string, unknown>>;

function argoCd(live: RawObject, labels: Marks, annotations: Marks): ForeignOwner | undefined {
  const id = annotations[TRACKING];
  const tracked = typeof id === "string" ? parseTrackingId(id) : undefined;
  if (tracked && objectKey(tracked.key) === objectKey(keyOf(live))) {
    return { tool: "Argo CD", owner: `application ${tracked.application}`, mark: `annotation ${TRACKING}` };
  }
  const instance = labels[INSTANCE];
  if (typeof instance !== "string" || !managerEntries(live).some(writesInstanceLabel)) return undefined;
  return { tool: "Argo CD", owner: `application ${instance}`, mark: `label ${INSTANCE}` };
}

const writesInstanceLabel = ({ manager, fieldsV1 }: ManagerEntry): boolean =>
  manager.startsWith("argocd-") && fieldsV1["f:metadata"]?.["f:labels"]?.[`f:${INSTANCE}`] !== undefined;

function flux(labels: Marks): ForeignOwner | undefined {
  for (const [group, kind] of [
    ["kustomize", "Kustomization"],
    ["helm", "HelmRelease"],
  ]) {
    const name = labels[`${group}.toolkit.fluxcd.io/name`];
    const namespace = labels[`${group}.toolkit.fluxcd.io/namespace`];
    if (typeof name !== "string" || typeof namespace !== "string") continue;
    return { tool: "Flux", owner: `${kind} ${namespace}/${name}`, mark: `label ${group}.toolkit.fluxcd.io/name` };
  }
  return undefined;
}

function helm(annotations: Marks): ForeignOwner | undefined {
  const name = annotations["meta.helm.sh/release-name"];
  if (typeof name !== "string") return undefined;
  const namespace = annotations["meta.helm.sh/release-namespace"];
  const owner = `release ${typeof namespace === "string" ? `${namespace}/` : ""}${name}`;
  return { tool: "Helm", owner, mark: "annotation meta.helm.sh/release-name" };
}
