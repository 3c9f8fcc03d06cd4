import { joinRepoPath, parentOf, refusedRepoPath } from "../../domain/source/repo-path.ts";
import type { SourceTree, TreeEntry } from "../../domain/source/tree.ts";
import { SluiceError } from "../../schemas/errors.ts";
import type { RenderLimits } from "./limits.ts";

/** Where a path of the repository leads when every symlink on the way is followed. */
export interface Place {
  path: string;
  entry: TreeEntry;
}

/**
 * Largest file that says what a rendering reads: a kustomization, a Chart.yaml. They are parsed beside everything else that the process
 * does, a second for a megabyte; the largest seen in the field have 50 KiB.
 */
export const MOST_PLAN_BYTES = 256 * 1024;

/** Most symlinks on the way to one file, as Linux has it. */
const MOST_LINKS = 40;
const LINK_TARGET_BYTES = 4_096;

/**
 * What a rendering reads of a commit: files by their real path, and the symlinks that lead to them. Every question is remembered with
 * its answer, so that the same rendering of another commit is known to be equal without being done.
 */
export class SourceReader {
  readonly files = new Map<string, string>();
  /** Real path of the directory or file that each symlink leads to. */
  readonly links = new Map<string, string>();
  /** Every path that was asked for, with mode and id of what is there, or null; of a directory that was only passed, its mode. */
  readonly asked = new Map<string, string | null>();
  readonly #tree: SourceTree;
  readonly #limits: Pick<RenderLimits, "files" | "fileBytes">;

  constructor(tree: SourceTree, limits: Pick<RenderLimits, "files" | "fileBytes">) {
    this.#tree = tree;
    this.#limits = limits;
  }

  /** Where a path leads; undefined when nothing is there. Throws `SourceRefused` for a symlink that leaves the repository. */
  async follow(path: string): Promise<Place | undefined> {
    const direct = await this.#entry(path);
    if (direct && direct.type !== "symlink") return this.#place(path, direct);
    return this.#followEach(path);
  }

  /** A file that the rendering reads. */
  async file(path: string): Promise<Place | undefined> {
    const place = await this.follow(path);
    if (place?.entry.type === "blob") this.#add(place);
    return place;
  }

  /** Bytes of a file that the rendering reads, refused above the limit, or above a lower one. */
  async bytes(place: Place, most: number = this.#limits.fileBytes): Promise<Uint8Array> {
    const limit = Math.min(most, this.#limits.fileBytes);
    try {
      return await this.#tree.readBlob(place.entry.oid, limit);
    } catch (error) {
      if (!(error instanceof SluiceError) || error.code !== "RenderLimit") throw error;
      const message = `${place.path} is larger than the limit of ${limit} bytes`;
      throw new SluiceError("RenderLimit", `${message}.`, { problems: [{ file: place.path, message }] });
    }
  }

  /**
   * The files of a directory, by the path they are reached under and their real one; `wanted` picks by the former. Symlinks are followed;
   * one that leads back to a directory it is in is refused.
   */
  async directory(
    path: string,
    options: { recursive: boolean; wanted?: (path: string) => boolean },
  ): Promise<{ path: string; place: Place }[]> {
    const found: { path: string; place: Place }[] = [];
    const walk = async (shown: string, real: string, above: readonly string[]): Promise<void> => {
      for (const entry of await this.#tree.list(real)) {
        const name = entry.path.slice(real === "" ? 0 : real.length + 1);
        const as = shown === "" ? name : `${shown}/${name}`;
        if (entry.type === "tree" && !options.recursive) continue;
        if (entry.type === "blob" && options.wanted?.(as) === false) continue;
        if (entry.type === "symlink" && !options.recursive && options.wanted?.(as) === false) continue;
        if (entry.type === "submodule") continue;
        const place = await this.#throughLink(entry.path, entry, above, options);
        if (place?.entry.type === "tree") await walk(as, place.path, [...above, place.path]);
        else if (place && options.wanted?.(as) !== false) {
          this.#add(place);
          found.push({ path: as, place });
        }
      }
    };
    const root = await this.follow(path);
    if (root?.entry.type === "tree") {
      this.#ask(root.path, root.entry);
      await walk(path, root.path, [root.path]);
    }
    return found.sort((a, b) => (a.path < b.path ? -1 : 1));
  }

  /** Where an entry of a directory leads; undefined for one that is left out. */
  async #throughLink(
    path: string,
    entry: TreeEntry,
    above: readonly string[],
    options: { recursive: boolean },
  ): Promise<Place | undefined> {
    if (entry.type !== "symlink") return { path, entry };
    const place = await this.follow(path);
    if (!place) throw refusedLink(path, "it leads nowhere");
    if (place.entry.type === "tree" && !options.recursive) return undefined;
    const around = above.some((dir) => dir === place.path || dir.startsWith(`${place.path}/`) || place.path === "");
    if (place.entry.type === "tree" && around) throw refusedLink(path, "it leads back to a directory that it is in");
    return place;
  }

  async #entry(path: string): Promise<TreeEntry | undefined> {
    const entry = await this.#tree.entry(path);
    if (path !== "") this.#ask(path, entry);
    return entry;
  }

  /** A directory on the way: only that it is one counts. */
  async #passed(path: string): Promise<TreeEntry | undefined> {
    const entry = await this.#tree.entry(path);
    if (entry?.type !== "tree") this.#ask(path, entry);
    else if (!this.asked.has(path)) this.asked.set(path, entry.mode);
    return entry;
  }

  #ask(path: string, entry: TreeEntry | undefined): void {
    this.asked.set(path, entry ? `${entry.mode} ${entry.oid}` : null);
  }

  #place(path: string, entry: TreeEntry): Place {
    if (entry.type !== "submodule") return { path: joinRepoPath("", path) ?? "", entry };
    throw new SluiceError("SourceRefused", `${path} is a submodule, which is not read.`, {
      next: "set spec.source.submodules: true (it must be named in .gitmodules), or copy what is needed into the repository",
      problems: [{ file: path, message: "it is a submodule" }],
    });
  }

  /** Part by part, as a file system does, when a symlink is on the way. */
  async #followEach(path: string): Promise<Place | undefined> {
    const rest = path.split("/").filter((part) => part !== "" && part !== ".");
    let at = "";
    let entry = await this.#entry("");
    for (let links = 0; rest.length > 0;) {
      if (entry?.type !== "tree") return undefined;
      const next = joinRepoPath(at, rest.shift()!)!;
      entry = await (rest.length > 0 ? this.#passed(next) : this.#entry(next));
      if (entry?.type === "symlink") {
        links += 1;
        if (links > MOST_LINKS) throw refusedLink(next, "it is one of a chain without an end");
        const target = await this.#target(next, entry);
        rest.unshift(...target.split("/").filter(Boolean));
        at = "";
        entry = await this.#entry("");
        await this.#remember(next, target);
      } else at = next;
    }
    return entry && this.#place(at, entry);
  }

  /** The path from the root that a symlink names, its own symlinks not followed yet. */
  async #target(path: string, entry: TreeEntry): Promise<string> {
    const target = Buffer.from(await this.#tree.readBlob(entry.oid, LINK_TARGET_BYTES)).toString("utf8");
    if (target.startsWith("/")) throw refusedLink(path, "it is absolute");
    const joined = joinRepoPath(parentOf(path), target);
    if (joined === undefined) throw refusedLink(path, "it leaves the repository");
    const reason = target === "" ? "it is empty" : refusedRepoPath(joined);
    if (reason) throw refusedLink(path, reason);
    return joined;
  }

  /** Keeps where a symlink leads in the end, so that it can be made again in a scratch directory. */
  async #remember(path: string, target: string): Promise<void> {
    if (this.links.has(path)) return;
    this.links.set(path, target);
    const place = await this.follow(target);
    if (place) this.links.set(path, place.path);
    else this.links.delete(path);
  }

  #add(place: Place): void {
    this.files.set(place.path, place.entry.oid);
    if (this.files.size <= this.#limits.files) return;
    throw new SluiceError("RenderLimit", `The source reads more than ${this.#limits.files} files.`, {
      next: "point it at a smaller directory, or leave files out",
    });
  }
}

function refusedLink(path: string, reason: string): SluiceError {
  return new SluiceError("SourceRefused", `The symlink ${path} is refused: ${reason}.`, {
    next: "make it a relative symlink to a file of the same repository, or copy the file",
    problems: [{ file: path, message: `the symlink is refused: ${reason}` }],
  });
}
