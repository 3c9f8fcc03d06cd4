import { constants } from "node:fs";
import { access, mkdir, mkdtemp, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join, relative } from "node:path";
import { refusedRepoPath } from "../../domain/source/repo-path.ts";
import type { SourceTree } from "../../domain/source/tree.ts";
import { SluiceError } from "../../schemas/errors.ts";
import type { Collected } from "./collect.ts";
import type { RenderLimits } from "./limits.ts";

/** A directory for one rendering, gone after it. */
export interface Scratch {
  /** Where the files of the repository are. */
  source: string;
  /** Where our own files for the tool are, and its empty home. */
  own: string;
  remove(): Promise<void>;
}

/** Memory where the machine has it, else the disk. */
export async function scratchParent(): Promise<string> {
  const memory = await access("/dev/shm", constants.W_OK | constants.X_OK).then(
    () => true,
    () => false,
  );
  return memory ? "/dev/shm" : tmpdir();
}

/**
 * Writes what was collected, and nothing else, as plain files and relative symlinks within one directory. Throws `SourceRefused` for a
 * path that a file system would take elsewhere and `RenderLimit` when it is too much.
 */
export async function materialise(
  collected: Collected,
  options: { tree: SourceTree; parent: string; limits: RenderLimits },
): Promise<Scratch> {
  const dir = await mkdtemp(join(options.parent, "sluice-render-"));
  const scratch: Scratch = {
    source: join(dir, "source"),
    own: join(dir, "own"),
    remove: () => rm(dir, { recursive: true, force: true }),
  };
  try {
    await mkdir(join(scratch.own, "home"), { recursive: true });
    await mkdir(join(scratch.source, checked(collected.root)), { recursive: true });
    await writeFiles(collected, scratch, options);
    await makeLinks(collected, scratch);
    return scratch;
  } catch (error) {
    await scratch.remove();
    throw error;
  }
}

async function writeFiles(
  { files }: Collected,
  scratch: Scratch,
  { tree, limits }: { tree: SourceTree; limits: RenderLimits },
): Promise<void> {
  const made = new Set<string>();
  let total = 0;
  for (const [path, oid] of files) {
    const target = join(scratch.source, checked(path));
    const bytes = await tree.readBlob(oid, limits.fileBytes);
    total += bytes.length;
    if (total > limits.totalBytes) {
      throw new SluiceError("RenderLimit", `The source's files have more than ${limits.totalBytes} bytes together.`, {
        next: "point it at a smaller directory",
      });
    }
    const parent = dirname(target);
    if (!made.has(parent)) await mkdir(parent, { recursive: true });
    made.add(parent);
    await writeFile(target, bytes, { mode: 0o644, flag: "wx" });
  }
}

/**
 * Symlinks as they are in the repository, each straight to where it leads in the end. The way there is counted from where the link
 * really is: a chart's `charts` may be a symlink itself, and as many `..` from another depth would leave the directory.
 */
async function makeLinks({ links }: Collected, scratch: Scratch): Promise<void> {
  const source = await realpath(scratch.source);
  for (const [path, target] of [...links].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const at = join(source, checked(path));
    await mkdir(dirname(at), { recursive: true });
    const from = await realpath(dirname(at));
    if (from !== source && !from.startsWith(`${source}/`)) throw leaves(path);
    const to = relative(from, join(source, checked(target))) || ".";
    await symlink(to, join(from, basename(at))).catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    });
  }
}

const leaves = (path: string): SluiceError =>
  new SluiceError("SourceRefused", `The symlink ${path} is refused: it leaves the repository.`, {
    problems: [{ file: path, message: "it leaves the repository" }],
  });

function checked(path: string): string {
  const reason = path === "" ? undefined : refusedRepoPath(path);
  if (reason === undefined) return path;
  throw new SluiceError("SourceRefused", `The path ${JSON.stringify(path.slice(0, 200))} is refused: ${reason}.`, {
    problems: [{ file: path.slice(0, 200), message: reason }],
  });
}
