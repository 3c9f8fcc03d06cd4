/** What a repository advertises: its refs (peeled tags under `<ref>^{}`), and the branch that HEAD stands for. */
export interface AdvertisedRefs {
  refs: Map<string, string>;
  head: string | undefined;
}

/** Most refs that are taken; a repository with more is read as if it had none beyond. */
const MOST_REFS = 200_000;

/** Reads the output of `git ls-remote --symref`. Lines that are no refs are left out. */
export function parseAdvertisedRefs(output: string): AdvertisedRefs {
  const refs = new Map<string, string>();
  let head: string | undefined;
  for (const line of output.split("\n")) {
    const symref = /^ref: (refs\/[^\t]+)\tHEAD$/.exec(line);
    if (symref) head = symref[1];
    const match = /^([0-9a-f]{40}|[0-9a-f]{64})\t(HEAD|refs\/\S+)$/.exec(line);
    if (match && refs.size < MOST_REFS) refs.set(match[2]!, match[1]!);
  }
  return { refs, head };
}
