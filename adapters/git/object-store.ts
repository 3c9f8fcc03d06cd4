import { createHash } from "node:crypto";
import type { TreeEntry } from "../../domain/source/tree.ts";
import { SluiceError } from "../../schemas/errors.ts";
import { CatFile, CatFileEnded, type GitObject } from "./cat-file.ts";
import { parseTree } from "./tree-object.ts";

/** Thrown when a mirror lacks an object that it must have, or has it damaged: the mirror has to be made anew. */
export class DamagedMirror extends Error {}

export interface ObjectStoreOptions {
  dir: string;
  environment: Record<string, string>;
  /** Largest blob that is read. */
  maxBlobBytes: number;
  /** Called before a question is asked, so that the owner can close what was not used for longest. */
  onUse: () => void;
}

/** Directory entries kept parsed; about 200 bytes each. */
const KEPT_ENTRIES = 200_000;

/**
 * The objects of one bare repository, read through one `git cat-file` process that is started when it is first needed and may be
 * closed at any time. Every object read is hashed again, so that a damaged disk is never rendered.
 */
export class ObjectStore {
  readonly #options: ObjectStoreOptions;
  readonly #trees = new Map<string, Map<string, TreeEntry>>();
  readonly #reading = new Map<string, Promise<Map<string, TreeEntry>>>();
  #kept = 0;
  #process: CatFile | undefined;
  #usedAt = 0;

  constructor(options: ObjectStoreOptions) {
    this.#options = options;
  }

  get open(): boolean {
    return this.#process !== undefined && !this.#process.ended;
  }

  get idle(): boolean {
    return this.#process?.idle ?? true;
  }

  /** When it was last asked, as performance.now() has it. */
  get usedAt(): number {
    return this.#usedAt;
  }

  /** The id that a ref or id has after peeling to a commit; undefined when there is none. */
  async commitOf(name: string): Promise<string | undefined> {
    const found = await this.#ask((process) => process.info(`${name}^{commit}`));
    return found?.type === "commit" ? found.oid : undefined;
  }

  /** The root tree of a commit; undefined when the commit is not there. Throws DamagedMirror when its tree is missing. */
  async rootTree(commit: string): Promise<string | undefined> {
    const found = await this.#ask((process) => process.contents(commit));
    if (found === undefined) return undefined;
    if (found.type !== "commit") return undefined;
    verify(commit, found);
    const match = /^tree ([0-9a-f]+)\n/.exec(found.bytes!.toString("latin1", 0, 80));
    if (!match) throw new DamagedMirror(`commit ${commit} names no tree`);
    await this.tree(match[1]!);
    return match[1]!;
  }

  /** Parents of a commit, first to last; undefined when the commit is not there. */
  async parents(commit: string): Promise<string[] | undefined> {
    const found = await this.#ask((process) => process.contents(commit));
    if (found?.type !== "commit") return undefined;
    verify(commit, found);
    const text = found.bytes!.toString("latin1");
    const header = text.slice(0, text.indexOf("\n\n"));
    return [...header.matchAll(/^parent ([0-9a-f]+)$/gm)].map(([, oid]) => oid!);
  }

  /** A parsed tree that is kept already; undefined when it has to be read. */
  keptTree(oid: string): Map<string, TreeEntry> | undefined {
    return this.#trees.get(oid);
  }

  /** A tree's entries by name; those who ask for the same one at once share the reading. */
  async tree(oid: string): Promise<Map<string, TreeEntry>> {
    const kept = this.#trees.get(oid) ?? this.#reading.get(oid);
    if (kept) return kept;
    const reading = this.#readTree(oid).finally(() => this.#reading.delete(oid));
    this.#reading.set(oid, reading);
    return reading;
  }

  async #readTree(oid: string): Promise<Map<string, TreeEntry>> {
    const found = await this.#ask((process) => process.contents(oid));
    if (found?.type !== "tree") throw new DamagedMirror(`tree ${oid} is missing`);
    verify(oid, found);
    const entries = parseTree(found.bytes!, oid.length / 2);
    this.#keep(oid, entries);
    return entries;
  }

  /** The bytes of a blob. Throws `RenderLimit` when it is larger than the limit, before reading it. */
  async blob(oid: string, limit = this.#options.maxBlobBytes): Promise<Uint8Array> {
    const header = await this.#ask((process) => process.info(oid));
    if (header?.type !== "blob") throw new DamagedMirror(`blob ${oid} is missing`);
    const most = Math.min(limit, this.#options.maxBlobBytes);
    if (header.size > most) {
      throw new SluiceError("RenderLimit", `A file of ${header.size} bytes is larger than the limit of ${most} bytes.`);
    }
    const found = await this.#ask((process) => process.contents(oid));
    if (found?.bytes === undefined) throw new DamagedMirror(`blob ${oid} is missing`);
    verify(oid, found);
    return found.bytes;
  }

  close(): void {
    this.#process?.close();
    this.#process = undefined;
  }

  /** Asks the process, and once more a new one when it was closed meanwhile; a second end means a damaged object. */
  async #ask(question: (process: CatFile) => Promise<GitObject | undefined>): Promise<GitObject | undefined> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await question(this.#running());
      } catch (error) {
        if (!(error instanceof CatFileEnded)) throw error;
        if (attempt === 3) throw new DamagedMirror("git could not read an object", { cause: error });
      }
    }
  }

  #running(): CatFile {
    this.#usedAt = performance.now();
    if (!this.#process || this.#process.ended) {
      this.#process = new CatFile(this.#options.dir, this.#options.environment);
      this.#options.onUse();
    }
    return this.#process;
  }

  #keep(oid: string, entries: Map<string, TreeEntry>): void {
    this.#trees.set(oid, entries);
    this.#kept += entries.size + 1;
    for (const [oldest, dropped] of this.#trees) {
      if (this.#kept <= KEPT_ENTRIES || oldest === oid) break;
      this.#trees.delete(oldest);
      this.#kept -= dropped.size + 1;
    }
  }
}

/** Throws DamagedMirror unless the object's content hashes to its id. */
function verify(oid: string, object: GitObject): void {
  const hash = createHash(oid.length === 64 ? "sha256" : "sha1");
  hash.update(`${object.type} ${object.size}\0`).update(object.bytes!);
  if (hash.digest("hex") !== oid) throw new DamagedMirror(`${object.type} ${oid} is damaged`);
}
