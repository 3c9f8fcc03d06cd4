import { parseRepoURL } from "../routing/repo-url.ts";
import { refusedRepoPath } from "../source/repo-path.ts";
import { classifyTarget, refusedRef } from "../source/revision.ts";

/** Something wrong with an object by itself: where, as path steps, what, and what to do. */
export interface OwnFinding {
  path: string[];
  message: string;
  next?: string;
}

/**
 * What is wrong with an object whatever else there is: addresses, paths, revisions and labels that nothing would take. It reads a value
 * of any shape, so that an object with other faults is told of these as well.
 */
export function checkOwn(kind: string, object: unknown): OwnFinding[] {
  const spec = member(object, "spec");
  const findings = labelFindings(member(object, "metadata"), ["metadata", "labels"]);
  if (kind === "Application") findings.push(...checkApplicationOwn(spec));
  if (kind === "Repository") findings.push(...checkRepositoryOwn(spec));
  return findings;
}

function checkApplicationOwn(spec: unknown): OwnFinding[] {
  const source = member(spec, "source");
  const path = ["spec", "source"];
  const namespace = member(member(spec, "syncPolicy"), "managedNamespaceMetadata");
  return [
    ...sourceFindings(source).map((finding) => ({ ...finding, path: [...path, ...finding.path] })),
    ...labelFindings(member(source, "kustomize"), [...path, "kustomize", "commonLabels"]),
    ...labelFindings(namespace, ["spec", "syncPolicy", "managedNamespaceMetadata", "labels"]),
  ];
}

/** Parts of a source that could leave the repository, or that git would take for an option or not at all. */
export function sourceFindings(source: unknown): OwnFinding[] {
  const found: OwnFinding[] = [];
  const repoURL = member(source, "repoURL");
  const refused = typeof repoURL === "string" && repoURL !== "" ? refusedURL(["repoURL"], repoURL) : undefined;
  if (refused) found.push(refused);
  const path = member(source, "path");
  const outside = typeof path === "string" ? refusedRepoPath(path) : undefined;
  if (outside) found.push({ path: ["path"], message: `is refused: ${outside}`, next: INSIDE });
  const target = member(source, "targetRevision");
  const wrong = typeof target === "string" ? refusedTarget(target) : undefined;
  if (wrong) found.push({ path: ["targetRevision"], message: `is not a revision: ${wrong}`, next: REVISIONS });
  return found;
}

const INSIDE = "write it relative to the repository's root, without ..";
const REVISIONS = "use a branch, a tag, a full commit id, HEAD or a semver range";

function refusedTarget(text: string): string | undefined {
  const target = classifyTarget(text);
  return target.kind === "name" ? refusedRef(target.name) : undefined;
}

function checkRepositoryOwn(spec: unknown): OwnFinding[] {
  const url = member(spec, "url");
  if (typeof url !== "string" || url === "") return [];
  const address = member(spec, "match") === "prefix" ? `${url.replace(/\/+$/, "")}/any` : url;
  const refused = refusedURL(["spec", "url"], address);
  return refused ? [refused] : [];
}

/** Never repeats the address: it may carry a password. */
export function refusedURL(path: string[], url: string): OwnFinding | undefined {
  const parts = parseRepoURL(url);
  if (!("refused" in parts)) return undefined;
  const next = "write it as https://host/path or ssh://git@host/path, and keep credentials in a Repository";
  return { path, message: parts.refused, next };
}

/** As the API server has it: an optional prefix that is a DNS name, and a name of at most 63 characters. */
const LABEL_KEY = /^(?:(?=.{1,253}\/)[a-z0-9](?:[-a-z0-9.]*[a-z0-9])?\/)?[A-Za-z0-9](?:[-\w.]{0,61}[A-Za-z0-9])?$/;
const LABEL_VALUE = /^(?:[A-Za-z0-9](?:[-\w.]{0,61}[A-Za-z0-9])?)?$/;
const LABEL_RULE = "at most 63 letters, digits, '-', '_' and '.', the first and last a letter or digit";
/** Labels told of one mapping. */
const MOST_LABELS = 100;

function labelFindings(holder: unknown, path: string[]): OwnFinding[] {
  const labels = member(holder, path.at(-1)!);
  if (typeof labels !== "object" || labels === null || Array.isArray(labels)) return [];
  return Object.entries(labels)
    .flatMap(([key, value]): OwnFinding[] => {
      const at = [...path, key];
      if (!LABEL_KEY.test(key)) return [{ path: at, message: `the name of a label must be ${LABEL_RULE}` }];
      const fits = typeof value !== "string" || LABEL_VALUE.test(value);
      return fits ? [] : [{ path: at, message: `the value of a label must be ${LABEL_RULE}` }];
    })
    .slice(0, MOST_LABELS);
}

const member = (value: unknown, name: string): unknown =>
  typeof value === "object" && value !== null && Object.hasOwn(value, name)
    ? (value as Record<string, unknown>)[name]
    : undefined;
