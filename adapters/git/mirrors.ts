import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Logger } from "pino";
import { Counter, Histogram, type Registry } from "prom-client";
import { ABBREVIATED, classifyTarget, pickRevision, type Resolved } from "../../domain/source/revision.ts";
import type { TreeEntry } from "../../domain/source/tree.ts";
import { SluiceError, toSluiceError } from "../../schemas/errors.ts";
import type { RepositoryCredentials } from "../../schemas/kinds/repository.ts";
import { checkTarget, gitAddress, gitRef, type GitAddress } from "./address.ts";
import { parseAdvertisedRefs, type AdvertisedRefs } from "./advertised-refs.ts";
import { executeGit, runGit, type ExecuteGit, type GitCommand } from "./command.ts";
import { prepareAccess } from "./credentials.ts";
import { gitEnvironment, type GitBase } from "./environment.ts";
import { createGithubAppTokens } from "./github-app.ts";
import type { GitTree } from "./git-tree.ts";
import { Mirror, type MirrorPorts } from "./mirror.ts";
import { sweep } from "./mirror-directory.ts";
import { createMirrorWriter, type MirrorGit, type MirrorWriter } from "./mirror-writer.ts";
import type { ObjectStore } from "./object-store.ts";
import { findSetsid } from "./process-group.ts";

export type { GitTree } from "./git-tree.ts";

export interface MirrorsOptions {
  /** Belongs to this process alone; made when it is missing. */
  dir: string;
  log: Logger;
  metrics: Registry;
  /** Credentials of the Repository that covers an address; undefined reads without any. */
  credentialsFor: (repoURL: string) => Promise<RepositoryCredentials | undefined>;
  /** Hosts besides loopback that may be read over plain http. */
  allowPlainHttp?: readonly string[];
  /** Limit of one fetch or ls-remote. */
  timeoutMs?: number;
  /** `git cat-file` processes open at once. */
  maxOpen?: number;
  maxBlobBytes?: number;
  maxEntries?: number;
  /** Where git and ssh are looked for, as PATH has it. */
  searchPath?: string;
  fetch?: typeof fetch;
  /** How git is run; as a child of this process by default. */
  execute?: ExecuteGit;
  now?: () => number;
}

export interface ResolveOptions {
  /** An answer that was read after this instant (milliseconds since the epoch) is as good as a new one. */
  readAfter?: number;
}

/** Bare mirrors of repositories, read without a work tree. */
export interface Mirrors {
  /** The commit that a target revision stands for. Throws `RevisionNotFound`, `SourceForbidden`, `SourceUnavailable`, `SourceRefused`. */
  resolve(repoURL: string, targetRevision: string, options?: ResolveOptions): Promise<Resolved>;
  /** Every ref that the repository advertises; annotated tags are peeled under `<ref>^{}`. */
  refs(repoURL: string, options?: ResolveOptions): Promise<Map<string, string>>;
  /** The branch that a target revision stands for, HEAD being the default one; undefined for a tag, a commit or a range. */
  branchOf(repoURL: string, targetRevision: string): Promise<string | undefined>;
  /** One fetch of one full ref, and the commit that it stands at. The quickest way from a push to its tree. */
  fetchRef(repoURL: string, ref: string): Promise<string>;
  /** How many refs an address advertises to these credentials, or to those that cover it; nothing is kept of it. */
  check(repoURL: string, credentials?: RepositoryCredentials): Promise<number>;
  /** A commit's tree, fetched when it is missing. */
  ensure(repoURL: string, revision: string): Promise<GitTree>;
  /** How one commit relates to an earlier one: the same, after it in its history, or not. */
  move(repoURL: string, from: string, to: string): Promise<"same" | "forward" | "diverged" | "unknown">;
  /** Entries of a directory by its id, and root directory of a commit, both of the mirror. */
  readTree(repoURL: string, oid: string): Promise<ReadonlyMap<string, TreeEntry>>;
  rootTree(repoURL: string, commit: string): Promise<string>;
  /** For commits only: what writes to a repository. */
  writer(repoURL: string): MirrorWriter;
  /** For history only: git on the mirror. */
  reader(repoURL: string): MirrorGit;
  close(): Promise<void>;
}

const DEFAULTS = {
  timeoutMs: 120_000,
  maxOpen: 16,
  maxBlobBytes: 32 * 1024 * 1024,
  maxEntries: 100_000,
  searchPath: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
};
/** Somebody waits for a check. */
const CHECK_LIMIT_MS = 30_000;
/** An unused `git cat-file` process is closed after this time. */
const IDLE_MS = 60_000;

/** What was read of a repository's refs, and when the reading began. */
interface Seen {
  advertised?: AdvertisedRefs & { at: number };
  /** Newest commit of single refs, from fetches. */
  single: Map<string, { revision: string; at: number }>;
}

interface Entry {
  mirror: Mirror;
  seen: Seen;
}

/** Mirrors under a directory. Nothing is fetched before it is asked for. */
export function createMirrors(options: MirrorsOptions): Mirrors {
  const settings = { ...DEFAULTS, ...definedOf(options) };
  const now = options.now ?? Date.now;
  const base: GitBase = { home: join(options.dir, "home"), searchPath: settings.searchPath };
  const entries = new Map<string, Entry>();
  const observe = metricsOf(options.metrics);
  const githubToken = createGithubAppTokens({ fetch: options.fetch ?? fetch, now });
  let ready: Promise<unknown> | undefined;

  const ports: MirrorPorts = {
    root: options.dir,
    log: options.log,
    run: (request, command) => observe(request, () => run(command)),
    access: async (address) =>
      prepareAccess(address, await options.credentialsFor(address.given), { dir: options.dir, githubToken }),
    environment: (dir) => gitEnvironment(base, { dir }),
    onUse: () => closeUnused(),
    timeoutMs: settings.timeoutMs,
    maxBlobBytes: settings.maxBlobBytes,
    maxEntries: settings.maxEntries,
  };
  const idle = setInterval(() => closeIdle(IDLE_MS), IDLE_MS / 2).unref();

  async function run(command: GitCommand): Promise<string> {
    ready ??= prepare();
    await ready;
    await mkdir(command.dir, { recursive: true, mode: 0o700 });
    return runGit(base, command, options.execute ?? executeGit);
  }

  async function prepare(): Promise<void> {
    await sweep(options.dir);
    await mkdir(base.home, { recursive: true, mode: 0o700 });
    base.setsid = await findSetsid(base.searchPath);
  }

  function entryOf(repoURL: string): Entry {
    const address: GitAddress = gitAddress(repoURL, options.allowPlainHttp);
    let entry = entries.get(address.url);
    if (!entry) {
      entry = { mirror: new Mirror(address, ports), seen: { single: new Map() } };
      entries.set(address.url, entry);
    } else if (address.given.endsWith(".git")) entry.mirror.address = address;
    return entry;
  }

  const openStores = (): ObjectStore[] =>
    [...entries.values()]
      .map(({ mirror }) => mirror.store)
      .filter((store) => store.open && store.idle)
      .sort((a, b) => a.usedAt - b.usedAt);

  function closeUnused(): void {
    const open = openStores();
    for (const store of open.slice(0, Math.max(0, open.length - settings.maxOpen))) store.close();
  }

  function closeIdle(idleMs: number): void {
    for (const store of openStores()) if (performance.now() - store.usedAt > idleMs) store.close();
  }

  async function advertised({ mirror, seen }: Entry, readAfter = Infinity): Promise<AdvertisedRefs> {
    if (seen.advertised && seen.advertised.at > readAfter) return seen.advertised;
    const asked = now();
    const read = await mirror.advertised();
    seen.advertised = { ...read, at: asked };
    return read;
  }

  return {
    async resolve(repoURL, targetRevision, { readAfter } = {}) {
      const entry = entryOf(repoURL);
      const target = classifyTarget(targetRevision);
      if (target.kind === "commit") return { revision: target.commit, ref: target.commit };
      if (target.kind === "name") checkTarget(target.name);
      const fetched = readAfter === undefined ? undefined : fetchedSince(entry.seen, targetRevision, readAfter);
      if (fetched) return fetched;
      const resolved = pickRevision(target, (await advertised(entry, readAfter)).refs);
      if (resolved) return resolved;
      if (target.kind === "name" && ABBREVIATED.test(target.name.toLowerCase())) {
        const revision = await completed(entry, target.name.toLowerCase());
        if (revision !== undefined) return { revision, ref: revision };
      }
      throw revisionNotFound(entry.mirror.address.url, targetRevision, target.kind === "range");
    },
    refs: async (repoURL, { readAfter } = {}) => (await advertised(entryOf(repoURL), readAfter)).refs,
    async branchOf(repoURL, targetRevision) {
      const target = classifyTarget(targetRevision);
      if (target.kind !== "head" && target.kind !== "name") return undefined;
      const { refs, head } = await advertised(entryOf(repoURL));
      const named = target.kind === "head" ? head : `refs/heads/${target.name.replace(/^refs\/heads\//, "")}`;
      return named !== undefined && refs.has(named) ? named.replace(/^refs\/heads\//, "") : undefined;
    },
    async fetchRef(repoURL, ref) {
      const { mirror, seen } = entryOf(repoURL);
      const asked = now();
      const revision = await mirror.fetchRef(gitRef(ref));
      seen.single.delete(ref);
      seen.single.set(ref, { revision, at: asked });
      const oldest = seen.single.keys().next();
      if (seen.single.size > 1_000 && !oldest.done) seen.single.delete(oldest.value);
      return revision;
    },
    async check(repoURL, credentials) {
      const address = gitAddress(repoURL, options.allowPlainHttp);
      const given = credentials ?? (await options.credentialsFor(address.given));
      // The file of a key is made in the directory that a first command prepares.
      await (ready ??= prepare());
      const access = await prepareAccess(address, given, { dir: options.dir, githubToken });
      const args = ["ls-remote", "--quiet", "--", address.given];
      const timeoutMs = Math.min(settings.timeoutMs, CHECK_LIMIT_MS);
      try {
        const said = await ports.run("ls-remote", { dir: base.home, args, url: address.url, timeoutMs, ...access });
        return parseAdvertisedRefs(said).refs.size;
      } finally {
        await access.release();
      }
    },
    ensure(repoURL, revision) {
      const { mirror, seen } = entryOf(repoURL);
      return mirror.tree(revision.toLowerCase(), () => lastSeenAt(seen, revision.toLowerCase()));
    },
    move: (repoURL, from, to) => entryOf(repoURL).mirror.move(from.toLowerCase(), to.toLowerCase()),
    readTree: (repoURL, oid) => entryOf(repoURL).mirror.entries(oid),
    rootTree: (repoURL, commit) => entryOf(repoURL).mirror.rootTree(commit.toLowerCase()),
    writer: (repoURL) => createMirrorWriter(entryOf(repoURL).mirror.git()),
    reader: (repoURL) => entryOf(repoURL).mirror.git(),
    async close() {
      clearInterval(idle);
      for (const { mirror } of entries.values()) mirror.close();
      await ready?.catch(() => undefined);
    },
  };
}

function definedOf(options: MirrorsOptions): Partial<typeof DEFAULTS> {
  const given = Object.entries(options).filter(([name, value]) => name in DEFAULTS && value !== undefined);
  return Object.fromEntries(given) as Partial<typeof DEFAULTS>;
}

/** A branch (or HEAD, by the branch it was last seen to stand for) that was fetched after an instant. */
function fetchedSince(seen: Seen, targetRevision: string, readAfter: number): Resolved | undefined {
  const target = targetRevision.trim();
  const head = target === "" || target === "HEAD" ? seen.advertised?.head : undefined;
  for (const ref of [head, target, `refs/heads/${target}`]) {
    const single = ref === undefined ? undefined : seen.single.get(ref);
    if (single && single.at > readAfter) return { revision: single.revision, ref: ref! };
  }
  return undefined;
}

/** The ref under which a commit was seen last, so that one fetch of that ref brings it. */
function lastSeenAt(seen: Seen, revision: string): string | undefined {
  for (const [ref, { revision: at }] of seen.single) if (at === revision) return ref;
  for (const [ref, oid] of seen.advertised?.refs ?? []) {
    if (oid === revision) return ref.endsWith("^{}") ? ref.slice(0, -3) : ref;
  }
  return undefined;
}

/** The one commit whose id begins so, of those that a ref stands at or that are here; undefined when there is none. Throws when there are several. */
async function completed({ mirror, seen }: Entry, prefix: string): Promise<string | undefined> {
  const { refs = new Map<string, string>() } = seen.advertised ?? {};
  // What an annotated tag itself is called is no commit's id.
  const commits = [...refs].filter(([ref]) => !refs.has(`${ref}^{}`)).map(([, oid]) => oid);
  const tips = commits.filter((oid) => oid.startsWith(prefix));
  const known = async (): Promise<string[]> => [...new Set([...tips, ...(await mirror.commitsLike(prefix))])];
  let found = await known();
  if (found.length === 0 && refs.has("HEAD")) {
    await mirror.fetchRef("HEAD");
    found = await known();
  }
  if (found.length < 2) return found[0];
  throw new SluiceError(
    "RevisionNotFound",
    `${prefix} begins ${found.length} commits of ${mirror.address.url}: ${found.slice(0, 5).join(", ")}.`,
    { next: "give more digits of the one that is meant" },
  );
}

function revisionNotFound(url: string, targetRevision: string, range: boolean): SluiceError {
  const text = JSON.stringify(targetRevision.slice(0, 100));
  return range
    ? new SluiceError("RevisionNotFound", `${url} has no tag whose version fits ${text}.`, {
        next: "check the range; a pre-release only fits a range that names one",
      })
    : new SluiceError("RevisionNotFound", `${url} has no branch or tag ${text}.`, {
        next: "check the target revision; a commit is given by its id, or by at least 7 digits that only its id begins with",
      });
}

/** Counts and times what git is asked. */
function metricsOf(registry: Registry): <T>(request: string, work: () => Promise<T>) => Promise<T> {
  const total = new Counter({
    name: "sluice_git_requests_total",
    help: "Git processes run, by request and result.",
    labelNames: ["request", "result"],
    registers: [registry],
  });
  const seconds = new Histogram({
    name: "sluice_git_request_seconds",
    help: "Time of git processes, by request.",
    labelNames: ["request"],
    buckets: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 30, 120],
    registers: [registry],
  });
  return async (request, work) => {
    const end = seconds.startTimer({ request });
    try {
      const result = await work();
      total.inc({ request, result: "ok" });
      return result;
    } catch (error) {
      total.inc({ request, result: toSluiceError(error).code });
      throw error;
    } finally {
      end();
    }
  };
}
