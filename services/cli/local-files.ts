import { lstatSync, readdirSync, readFileSync, realpathSync, statSync } from "node:fs";
import { basename, isAbsolute, join, relative, sep } from "node:path";
import type { LocalFiles, LocalManifests } from "../../schemas/api/local-files.ts";
import { SluiceError, toSluiceError } from "../../schemas/errors.ts";
import { type Context, usage } from "./context.ts";
import type { Io } from "./io.ts";

/** Files in place of an application's source. */
export interface LocalOptions {
  local?: string;
  localRepoRoot?: string;
}

/** What the server takes of all files together, and how many. */
const MOST_BYTES = 10 * 1024 * 1024;
const MOST_FILES = 10_000;
const MANIFEST = /\.(?:ya?ml|json)$/;

/** Sends the files that --local names and returns what stands for them; undefined when none are named. */
export async function sendLocal(context: Context, name: string, options: LocalOptions): Promise<string | undefined> {
  if (options.local === undefined) {
    if (options.localRepoRoot === undefined) return undefined;
    throw usage("--local-repo-root says nothing without --local", "Name the directory of the source with --local.");
  }
  const body = await readLocal(options.local, options.localRepoRoot, context.io);
  const path = `/applications/${encodeURIComponent(name)}/local`;
  try {
    return (await context.client.post<LocalManifests>(path, { body })).local;
  } catch (error) {
    throw options.localRepoRoot === undefined ? withRepoRoot(toSluiceError(error)) : error;
  }
}

/** What leads out of the directory may lie in the repository around it, which nobody has named. */
function withRepoRoot(error: SluiceError): SluiceError {
  if (!/leaves the repository/.test([error.message, ...error.problems.map(({ message }) => message)].join(" ")))
    return error;
  return new SluiceError(error.code, error.message, {
    problems: error.problems,
    cause: error,
    next: "Only this directory was sent. Name the repository around it with --local-repo-root <directory>.",
  });
}

/**
 * The files of a directory that stands for the application's path, with those of the repository around it where its root is
 * named; of a file, or `-` for standard input, its manifests as they are. Symlinks are refused: they would lead elsewhere.
 */
export async function readLocal(local: string, repoRoot: string | undefined, io: Io): Promise<LocalFiles> {
  if (local === "-") return manifests("stdin.yaml", Buffer.from(await io.readStdin()));
  const found = exists(local);
  if (!found.isDirectory()) {
    if (!found.isFile()) throw usage(`${local} is neither a file nor a directory`, "Name one of the two.");
    if (found.size > MOST_BYTES) throw tooMuch(local);
    return manifests(MANIFEST.test(local) ? basename(local) : "manifests.yaml", readFileSync(local));
  }
  const root = realpathSync(exists(repoRoot ?? local).isDirectory() ? (repoRoot ?? local) : local);
  const path = relative(root, realpathSync(local)).split(sep).join("/");
  if (path === ".." || path.startsWith("../")) {
    throw usage(`${local} is not below ${repoRoot}`, "Name a --local-repo-root that the directory is in.");
  }
  const files = walk(root).map(({ at, content }) => ({ path: at, content: content.toString("base64") }));
  if (files.length > 0) return { files, path: path === "" ? "." : path, manifests: false };
  throw usage(`The directory ${local} holds no file`, "Name the directory of the application's source.");
}

const manifests = (path: string, content: Buffer): LocalFiles => ({
  files: [{ path, content: content.toString("base64") }],
  path: ".",
  manifests: true,
});

function walk(root: string): { at: string; content: Buffer }[] {
  const files: { at: string; content: Buffer }[] = [];
  let bytes = 0;
  const into = (dir: string, prefix: string): void => {
    const entries = readdirSync(dir, { withFileTypes: true }).toSorted((a, b) => (a.name < b.name ? -1 : 1));
    for (const entry of entries) {
      const path = join(dir, entry.name);
      const at = `${prefix}${entry.name}`;
      if (entry.isDirectory()) {
        // Git's own directory is none of the repository's files.
        if (entry.name !== ".git") into(path, `${at}/`);
      } else if (entry.isFile()) {
        bytes += lstatSync(path).size;
        if (bytes > MOST_BYTES || files.length >= MOST_FILES) throw tooMuch(root);
        files.push({ at, content: readFileSync(path) });
      } else throw refused(path, entry.isSymbolicLink());
    }
  };
  // In a linked worktree `.git` is a file.
  into(root, "");
  return files.filter(({ at }) => at !== ".git" && !at.endsWith("/.git"));
}

function exists(path: string) {
  try {
    return statSync(path);
  } catch {
    const where = isAbsolute(path) ? "" : ` in ${process.cwd()}`;
    const next =
      "Name an existing one, from the working directory and not from the repository, or - for standard input.";
    throw usage(`There is no file or directory ${path}${where}`, next);
  }
}

const refused = (path: string, symlink: boolean): SluiceError =>
  symlink
    ? usage(`${path} is a symlink, which is not sent`, "Put a copy of what it leads to in its place.")
    : usage(`${path} is neither a file nor a directory`, "Leave it out.");

const tooMuch = (root: string): SluiceError =>
  usage(
    `${root} holds more than ${MOST_BYTES / 1024 / 1024} MiB or ${MOST_FILES} files`,
    "Name the directory of the source alone; what it reads around it can be a smaller copy.",
  );
