import { createHash, randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, open, readFile, rename, writeFile } from "node:fs/promises";
import { dirname, join, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { bundleWorkflowCode } from "@temporalio/worker";
import { SluiceError } from "../../schemas/errors.ts";
import { reachedFrom } from "./bundle-inputs.ts";
import { quietLogger } from "./quiet-logger.ts";

/** Root of the source tree. */
const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const ENTRY = join(ROOT, "workflows", "index.ts");
/** Says which Temporal the bundle is made with. */
const SDK = join(ROOT, "node_modules", "@temporalio", "workflow", "package.json");
/** Every cached workflow holds its own copy of the top level, so own code stays small (facts: 300 KB). */
const OWN_CODE_LIMIT = 300 * 1024;

/** A bundle on disk. */
export interface BuiltBundle {
  path: string;
  digest: string;
  /** Size of the file, and of our own code in it; the rest is Temporal's and its source map. */
  bytes: number;
  ownBytes: number;
}

/**
 * Bundles the workflows ahead of time into one file; `dist/workflows.js` by default. Throws Internal when our own code in it
 * passes 300 KB, or when it does not compile.
 */
export async function buildWorkflowBundle(out: string = bundlePath()): Promise<BuiltBundle> {
  const digest = await bundleDigest();
  let ownBytes = 0;
  const { code } = await bundleWorkflowCode({
    workflowsPath: ENTRY,
    logger: quietLogger,
    webpackConfigHook: (config) => {
      (config.plugins ??= []).push((compiler) => measureOwn(compiler, (bytes) => (ownBytes = bytes)));
      return config;
    },
  });
  if (ownBytes > OWN_CODE_LIMIT) throw tooLarge(ownBytes);
  const text = `${header(digest)}${code}`;
  await mkdir(dirname(out), { recursive: true });
  const scratch = `${out}.${randomUUID()}`;
  await writeFile(scratch, text);
  await rename(scratch, out);
  return { path: out, digest, bytes: Buffer.byteLength(text), ownBytes };
}

/** Where the build writes the bundle. */
export const bundlePath = (): string => join(ROOT, "dist", "workflows.js");

/** Whether the sources are here; in a container there is only what was built of them. */
export const hasSources = (): boolean => existsSync(ENTRY);

/** Whether the bundle at `path` was made of the sources as they are now. */
export async function isFresh(path: string): Promise<boolean> {
  const expected = header(await bundleDigest());
  try {
    await using file = await open(path);
    const { buffer } = await file.read(Buffer.alloc(expected.length), 0, expected.length, 0);
    return buffer.toString() === expected;
  } catch {
    return false;
  }
}

/** sha256 over every file of ours that the workflow reaches, and the version of Temporal. */
export async function bundleDigest(): Promise<string> {
  const hash = createHash("sha256");
  const { files } = await reachedFrom(ENTRY);
  for (const file of [...files.toSorted(), SDK]) {
    hash
      .update(file.slice(ROOT.length))
      .update("\0")
      .update(await readFile(file))
      .update("\0");
  }
  return hash.digest("hex");
}

/**
 * On the line of the first statement, so that the source map's lines stay true. The worker formats a stack for every promise that a
 * workflow makes, a third of its thread's CPU; two frames are those of its own hook, which need no look into the source map, and of an
 * error they are still where it was thrown.
 */
const header = (digest: string): string => `/* sluice workflows ${digest} */ Error.stackTraceLimit = 2; `;

/** The part of webpack's compiler that measuring needs. */
interface Compiler {
  hooks: { done: { tap(name: string, listener: (stats: Statistics) => void): void } };
}
interface Statistics {
  toJson(options: object): { modules?: { nameForCondition?: string | null; size?: number }[] };
}

function measureOwn(compiler: Compiler, report: (bytes: number) => void): void {
  compiler.hooks.done.tap("sluice-size", (stats) => {
    const { modules = [] } = stats.toJson({ all: false, modules: true, nestedModules: true, modulesSpace: 10_000 });
    const own = modules.filter(
      ({ nameForCondition }) => nameForCondition?.startsWith(ROOT) && isOurs(nameForCondition),
    );
    report(own.reduce((sum, { size = 0 }) => sum + size, 0));
  });
}

const isOurs = (file: string): boolean => !file.includes(`${sep}node_modules${sep}`);

const tooLarge = (bytes: number): SluiceError =>
  new SluiceError("Internal", `the workflows' own code is ${bytes} bytes, more than ${OWN_CODE_LIMIT}`, {
    next: "find the import that drags data or a library into workflows/ and make it a type import",
  });
