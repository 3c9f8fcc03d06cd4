import { execFile } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Logger } from "pino";
import { SluiceError } from "../../schemas/errors.ts";
import { bundleDigest, bundlePath, hasSources, isFresh } from "./bundle.ts";

const BUILDER = fileURLToPath(new URL("./build-bundle.ts", import.meta.url));

/**
 * Path of a bundle made of the sources as they are: the one of the build, else one in `cacheDir`, made now. It is made in a
 * process of its own, because webpack would leave more than 100 MB in this one.
 */
export async function freshBundle({ cacheDir, log }: { cacheDir: string; log: Logger }): Promise<string> {
  if (!hasSources() || (await isFresh(bundlePath()))) return bundlePath();
  const cached = join(cacheDir, `workflows-${(await bundleDigest()).slice(0, 16)}.js`);
  if (await isFresh(cached)) return cached;
  log.info({ path: cached }, "no fresh workflow bundle in dist/, building one; `npm run build` does it ahead");
  try {
    await promisify(execFile)(process.execPath, [BUILDER, cached], { timeout: 120_000 });
  } catch (error) {
    throw new SluiceError("Internal", "the workflow bundle could not be built", {
      next: `run it alone to see why: node ${BUILDER} ${cached}`,
      cause: error,
    });
  }
  return cached;
}
