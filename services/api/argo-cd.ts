import type { IssueProblem } from "../../schemas/api/issues.ts";
import { API_VERSION } from "../../schemas/kinds/metadata.ts";

/** Kinds of Argo CD by what they are here. */
const KINDS_OF_ARGO_CD = { Application: "Application", AppProject: "Project" } as const;
type ArgoKind = keyof typeof KINDS_OF_ARGO_CD;

const CARRIED: Record<ArgoKind, string> = {
  Application:
    "spec.project, source (repoURL, path, targetRevision, directory, kustomize, helm), destination and syncPolicy (automated, syncOptions, retry) mean the same here",
  AppProject:
    "spec.description, sourceRepos, destinations, the white- and blacklists, syncWindows and roles mean the same here",
};

/**
 * A document of Argo CD as one of ours, with what has to be changed at its top, so that the fields that don't carry over are told of in the
 * same round. Undefined for any other document.
 */
export function fromArgoCd(
  fields: Record<string, unknown>,
): { fields: Record<string, unknown>; problems: IssueProblem[] } | undefined {
  const { apiVersion, kind } = fields;
  if (apiVersion !== "argoproj.io/v1alpha1" || !isArgoKind(kind)) return undefined;
  const own = KINDS_OF_ARGO_CD[kind];
  const also = own === kind ? "" : ` and kind: ${own}`;
  return {
    fields: { ...fields, apiVersion: API_VERSION, kind: own },
    problems: [
      {
        path: ["apiVersion"],
        key: false,
        message: `expected ${API_VERSION}, got argoproj.io/v1alpha1, Argo CD's`,
        next: `write apiVersion: ${API_VERSION}${also}; ${CARRIED[kind]}, and fields that don't carry over are listed with this`,
      },
    ],
  };
}

const isArgoKind = (kind: unknown): kind is ArgoKind =>
  typeof kind === "string" && Object.hasOwn(KINDS_OF_ARGO_CD, kind);
