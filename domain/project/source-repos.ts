import { addressOf } from "../routing/address.ts";
import { parseRepoURL, repoURLOf } from "../routing/repo-url.ts";
import { globMatches } from "./glob.ts";

/**
 * Whether a Project's `sourceRepos` allow a repository: one glob must match its address, as written or in normal form (`.git`, port and
 * capital letters of the host don't count), and none with `!` in front may match it in any spelling.
 */
export function repositoryAllowed(sourceRepos: readonly string[], repoURL: string): boolean {
  const written = spellings(repoURL);
  const matches = (pattern: string): boolean => written.some((url) => globMatches(pattern, url, "/"));
  const denies = (pattern: string): boolean => matches(pattern) || namesPlace(pattern, repoURL);
  if (sourceRepos.some((pattern) => pattern.startsWith("!") && denies(pattern.slice(1)))) return false;
  return sourceRepos.some((pattern) => !pattern.startsWith("!") && matches(pattern));
}

function spellings(repoURL: string): string[] {
  const parts = parseRepoURL(repoURL);
  if ("refused" in parts) return [repoURL];
  const normal = repoURLOf(parts);
  return [parts.given, normal, `${normal}.git`];
}

/**
 * Whether a pattern means the place of an address: letters' case, encoding and `.git` left out, and the transport too when the pattern names
 * its host. `http://**` is about the transport and stays so.
 */
function namesPlace(pattern: string, repoURL: string): boolean {
  const place = addressOf(repoURL);
  const parts = parseRepoURL(repoURL);
  if (place === undefined || "refused" in parts) return false;
  const { scheme, rest } = taken(
    pattern
      .trim()
      .toLowerCase()
      .replace(/\/+$/, "")
      .replace(/\.git$/, ""),
  );
  const host = rest.split("/", 1)[0]!;
  if (scheme !== undefined && /[*?{]/.test(host) && scheme !== parts.scheme) return false;
  return globMatches(rest, place, "/");
}

function taken(pattern: string): { scheme?: string; rest: string } {
  const full = /^([a-z]+):\/\/(?:[^@/]*@)?(.*)$/.exec(pattern);
  if (full) return { scheme: full[1]!, rest: full[2]!.replace(/^([^/]*):(?:443|80|22)(?=\/|$)/, "$1") };
  const scp = /^(?:[^@/:]+@)?([^@/:]+):(?!\d+(?:\/|$))(.*)$/.exec(pattern);
  return { rest: scp ? `${scp[1]}/${scp[2]!.replace(/^\/+/, "")}` : pattern };
}
