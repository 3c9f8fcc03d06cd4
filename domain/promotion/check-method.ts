import type { PipelineSpec, Stage } from "../../schemas/kinds/pipeline.ts";
import type { CommitMethod, GitEdit, PinUpdate, ReleaseValue } from "../../schemas/kinds/promotion-method.ts";
import type { Finding } from "../configuration/references.ts";
import { repositoryRefusal } from "../project/permission.ts";
import { addressOf } from "../routing/address.ts";
import { parseRepoURL } from "../routing/repo-url.ts";
import { refusedRepoPath } from "../source/repo-path.ts";
import { refusedRef } from "../source/revision.ts";
import type { PipelineKnown } from "./check-known.ts";
import { PARTS } from "./release-value.ts";
import { selectedBy } from "./targets.ts";

/** What is wrong with how releases come into stages: repositories, branches, paths, and parts of values that there are none of. */
export function checkMethods(spec: PipelineSpec, known: PipelineKnown): Finding[] {
  return spec.stages.flatMap((stage, index) => {
    const { pin = [], commit } = stage.promotion;
    const place = `spec.stages.${index}.promotion`;
    const parts = [
      ...pin.flatMap((update, at) => valueOfPin(update, `${place}.pin.${at}`)),
      ...(commit?.edits ?? []).flatMap((edit, at) => valuesOfEdit(edit, `${place}.commit.edits.${at}`)),
    ].flatMap(checkPart);
    return commit ? [...checkCommit(spec, { stage, commit, place: `${place}.commit` }, known), ...parts] : parts;
  });
}

function checkCommit(
  spec: PipelineSpec,
  { stage, commit, place }: { stage: Stage; commit: CommitMethod; place: string },
  known: PipelineKnown,
): Finding[] {
  const { repoURL, branch, edits } = commit;
  const paths = edits.flatMap((edit, at) => pathsOf(edit, `${place}.edits.${at}`)).flatMap(checkPath);
  const reason = refusedRef(branch);
  const branches = reason === undefined ? [] : [{ path: `${place}.branch`, message: `is no branch: ${reason}` }];
  return [...checkRepository(spec, { stage, repoURL, path: `${place}.repoURL` }, known), ...branches, ...paths];
}

function checkRepository(
  spec: PipelineSpec,
  { stage, repoURL, path }: { stage: Stage; repoURL: string; path: string },
  { projects, applications, labels }: PipelineKnown,
): Finding[] {
  const parsed = parseRepoURL(repoURL);
  if ("refused" in parsed) return [{ path, message: parsed.refused }];
  const project = projects.get(spec.project);
  const refusal = project && repositoryRefusal({ name: spec.project, spec: project }, repoURL);
  if (refusal !== undefined) return [{ path, message: refusal }];
  const all = [...applications].map(([name, one]) => ({ name, project: one.project, labels: labels.get(name) ?? {} }));
  const selected = selectedBy(spec, stage, all);
  const readBy = selected.some(({ name }) => addressOf(applications.get(name)!.source.repoURL) === addressOf(repoURL));
  if (readBy || selected.length === 0) return [];
  const next = "commit to the repository that they have as source, or use mode pin";
  return [{ path, message: `no application of stage ${stage.name} reads this repository`, next }];
}

interface Placed<Value> {
  path: string;
  value: Value;
}

function checkPath({ path, value }: Placed<string>): Finding[] {
  const refused = refusedRepoPath(value);
  return refused === undefined ? [] : [{ path, message: `is no path of a repository: ${refused}` }];
}

function pathsOf({ yaml, kustomize, helm, copy }: GitEdit, place: string): Placed<string>[] {
  return [
    ...(yaml ? [{ path: `${place}.yaml.path`, value: yaml.path }] : []),
    ...(kustomize ? [{ path: `${place}.kustomize.path`, value: kustomize.path }] : []),
    ...(helm ? [{ path: `${place}.helm.path`, value: helm.path }] : []),
    ...(copy ? (["from", "to"] as const).map((end) => ({ path: `${place}.copy.${end}`, value: copy[end] })) : []),
  ];
}

const valueOfPin = ({ value }: PinUpdate, place: string): Placed<ReleaseValue>[] =>
  value ? [{ path: `${place}.value`, value }] : [];

function valuesOfEdit({ yaml, helm }: GitEdit, place: string): Placed<ReleaseValue>[] {
  return [
    ...(yaml ? [{ path: `${place}.yaml.value`, value: yaml.value }] : []),
    ...(helm?.values ?? []).map(({ value }, at) => ({ path: `${place}.helm.values.${at}.value`, value })),
  ];
}

/** A part that a value of its kind has not. */
function checkPart({ path, value }: Placed<ReleaseValue>): Finding[] {
  const { part, image, git } = value;
  const kind = image !== undefined ? "image" : git !== undefined ? "git" : "chart";
  const parts: readonly string[] = PARTS[kind];
  if (part === undefined || parts.includes(part)) return [];
  return [{ path: `${path}.part`, message: `${kind} has no part ${part}`, next: `it has ${parts.join(", ")}` }];
}
