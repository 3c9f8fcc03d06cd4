import {
  isLoopback,
  parseRepoURL,
  refusedAddress,
  repoURLOf,
  type RepoAddress,
} from "../../domain/routing/repo-url.ts";
import { refusedRef } from "../../domain/source/revision.ts";
import { SluiceError } from "../../schemas/errors.ts";

/** An address that git may be given. */
export interface GitAddress extends RepoAddress {
  /** In normal form: the name that messages and mirrors know it by. */
  url: string;
}

/**
 * The address of a repository, checked: https and ssh; plain http for loopback and the hosts listed. Throws `SourceRefused`
 * for everything else: other schemes, options, transport helpers, credentials in it, control characters.
 */
export function gitAddress(repoURL: string, allowPlainHttp: readonly string[] = []): GitAddress {
  const parts = parseRepoURL(repoURL);
  if ("refused" in parts) throw refusedAddress(parts.refused);
  const plain = parts.scheme === "http" && !isLoopback(parts.host) && !allowPlainHttp.includes(parts.host);
  if (plain) throw refusedAddress(`plain http to ${parts.host} is not allowed`);
  return { ...parts, url: repoURLOf(parts) };
}

/** A full ref or HEAD, as git-check-ref-format has it. Throws `SourceRefused`. */
export function gitRef(ref: string): string {
  const reason = ref !== "HEAD" && !ref.startsWith("refs/") ? "it does not begin with `refs/`" : refusedRef(ref);
  if (reason === undefined) return ref;
  throw new SluiceError("SourceRefused", `The ref ${JSON.stringify(ref.slice(0, 100))} is refused: ${reason}.`, {
    next: "use the full name of a branch or tag, such as refs/heads/main",
  });
}

/** A target revision that can't be mistaken for anything else. Throws `SourceRefused`. */
export function checkTarget(name: string): void {
  const reason = refusedRef(name);
  if (reason === undefined) return;
  throw new SluiceError(
    "SourceRefused",
    `The target revision ${JSON.stringify(name.slice(0, 100))} is refused: ${reason}.`,
    { next: "use a branch, a tag, a full commit id, HEAD or a semver range" },
  );
}
