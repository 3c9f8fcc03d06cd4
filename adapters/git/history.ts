import { createHash } from "node:crypto";
import type { DatedTag, HistoryPort, Paths } from "../../activities/release/ports.ts";
import type { FoundCommit } from "../../domain/release/carried.ts";
import { SluiceError } from "../../schemas/errors.ts";
import { gitRef } from "./address.ts";
import type { MirrorGit } from "./mirror-writer.ts";
import type { Mirrors } from "./mirrors.ts";

/** Tags whose dates are compared. */
const MOST_DATED = 1_000;
/** Far below the limit of arguments of any system. */
const REFSPECS_AT_ONCE = 200;
/** A message that is longer is cut before it is parsed. */
const MESSAGE_LENGTH = 20_000;
const COMMIT = "--format=%H%n%an%n%ae%n%cI%n%B";
const PEOPLE = "--format=%an%n%ae%n%cn%n%ce%n%(trailers:key=Co-authored-by,valueonly,unfold)";
/** Committers that stand for whoever pressed a button in a browser, by address. */
const WEB_COMMITTERS: ReadonlySet<string> = new Set(["noreply@github.com"]);

/** History as the mirrors have it: a commit that is missing is fetched first. */
export function createHistory(mirrors: Pick<Mirrors, "resolve" | "refs" | "ensure" | "reader">): HistoryPort {
  const present = async (repoURL: string, commit: string): Promise<void> => {
    const tree = await mirrors.ensure(repoURL, commit);
    tree.close();
  };

  return {
    resolve: async (repoURL, revision) => (await mirrors.resolve(repoURL, revision)).revision,
    async tags(repoURL) {
      const refs = await mirrors.refs(repoURL);
      const tags = new Map<string, string>();
      for (const [ref, oid] of refs) {
        const tag = /^refs\/tags\/(.+?)(?:\^\{\})?$/.exec(ref)?.[1];
        // A peeled annotated tag, which comes behind the tag itself, is the commit.
        if (tag !== undefined) tags.set(tag, oid);
      }
      return tags;
    },
    async dated(repoURL, tags) {
      if (tags.length > MOST_DATED) {
        throw new SluiceError("SourceRefused", `${repoURL} has more than ${MOST_DATED} tags to compare by date.`, {
          next: "narrow them down with allowTags",
        });
      }
      return await byDate(mirrors.reader(repoURL), tags);
    },
    async newest(repoURL, from, paths) {
      await present(repoURL, from);
      const args = ["log", "--max-count=1", "--format=%H", from, ...pathspecs(paths)];
      const printed = await mirrors.reader(repoURL).run("log", args);
      return printed.trim() || undefined;
    },
    async between(repoURL, { from, to, paths, most }) {
      await present(repoURL, to);
      const { run } = mirrors.reader(repoURL);
      const known = from !== undefined && (await isPresent(() => present(repoURL, from)));
      const range = known ? [`${from}..${to}`] : ["--no-walk", to];
      const limits = [`--max-count=${most}`, "-z", "--encoding=UTF-8"];
      const where = known ? pathspecs(paths) : ["--"];
      const commits = commitsIn(await run("log", ["log", ...limits, COMMIT, ...range, ...where]));
      // Of every path: what is released is the whole tree.
      const authors = peopleIn(await run("log", ["log", ...limits, PEOPLE, ...range, "--"]));
      if (commits.length < most || !known) return { commits, authors, more: 0 };
      const count = Number((await run("log", ["rev-list", "--count", ...range, ...where])).trim());
      return { commits, authors, more: Math.max(0, count - commits.length) };
    },
  };
}

/** False for a commit that the repository has not any more. */
async function isPresent(look: () => Promise<void>): Promise<boolean> {
  try {
    await look();
    return true;
  } catch (error) {
    if (error instanceof SluiceError && error.code === "RevisionNotFound") return false;
    throw error;
  }
}

/** As git takes them: globs from the top, where `*` stops at a slash, and a directory means all in it. */
function pathspecs({ include = [], exclude = [] }: Paths): string[] {
  if (include.length === 0 && exclude.length === 0) return ["--"];
  const specs = [
    ...(include.length === 0 ? [":(top)"] : include.map((glob) => `:(top,glob)${topped(glob)}`)),
    ...exclude.map((glob) => `:(top,exclude,glob)${topped(glob)}`),
  ];
  return ["--", ...specs];
}

const topped = (glob: string): string => glob.replace(/^\.?\/+/, "").replace(/\/+$/, "/**");

function commitsIn(printed: string): FoundCommit[] {
  return printed
    .split("\0")
    .filter((record) => record.trim() !== "")
    .map((record) => {
      const [commit = "", name = "", email = "", at = "", ...message] = record.replace(/^\n/, "").split("\n");
      return { commit, author: { name, email }, at, message: message.join("\n").slice(0, MESSAGE_LENGTH).trimEnd() };
    });
}

/** Names and addresses of all who had a hand in commits: authors, committers and co-authors, each once. */
function peopleIn(printed: string): string[] {
  const people = printed.split("\0").flatMap((record) => {
    const [name = "", email = "", committer = "", address = "", ...coauthors] = record.replace(/^\n/, "").split("\n");
    const committed = WEB_COMMITTERS.has(address.toLowerCase()) ? [] : [committer, address];
    return [name, email, ...committed, ...coauthors.flatMap(namesIn)];
  });
  return [...new Set(people.map((one) => one.trim()).filter((one) => one !== ""))];
}

/** The name and the address of `Name <address>`. */
const namesIn = (person: string): string[] => person.replace(/>[^>]*$/, "").split("<");

/** Fetches the tags under names of our own, and has git sort them by the date of the tag, or of its commit. */
async function byDate({ run, address }: MirrorGit, tags: readonly string[]): Promise<DatedTag[]> {
  const slots = new Map(tags.map((tag) => [`refs/sluice/tag/${createHash("sha1").update(tag).digest("hex")}`, tag]));
  const specs = [...slots].map(([slot, tag]) => `+${gitRef(`refs/tags/${tag}`)}:${slot}`);
  const options = ["--quiet", "--no-tags", "--no-write-fetch-head", "--no-auto-maintenance", "--refmap="];
  for (let at = 0; at < specs.length; at += REFSPECS_AT_ONCE) {
    const some = specs.slice(at, at + REFSPECS_AT_ONCE);
    await run("fetch", ["fetch", ...options, "--", address, ...some], { remote: true });
  }
  const format = "--format=%(refname) %(objectname) %(*objectname)";
  const printed = await run("log", ["for-each-ref", "--sort=-creatordate", format, "refs/sluice/tag/"]);
  return printed.split("\n").flatMap((line) => {
    const [slot = "", object = "", peeled = ""] = line.trim().split(" ");
    const tag = slots.get(slot);
    return tag === undefined ? [] : [{ tag, commit: peeled || object }];
  });
}
