import { unlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { KUSTOMIZATION_FILES } from "../../domain/source/kustomization.ts";
import { joinRepoPath } from "../../domain/source/repo-path.ts";
import { stringifyRaw } from "../../schemas/raw-json.ts";
import { hasOverrides, withOverrides } from "./kustomize-overrides.ts";
import type { Rendering } from "./rendering.ts";
import { runTool } from "./tool-process.ts";
import { parseYaml } from "./yaml.ts";

/**
 * Runs `kustomize build` on the scratch directory: no plugins, no exec, no helm, files only from below their own kustomization. Its home
 * is empty, its PATH leads nowhere (so that it can't run git) and what is not local was refused before.
 */
export async function runKustomize(rendering: Rendering): Promise<Uint8Array> {
  const { scratch, collected, source, limits } = rendering;
  const dir = join(scratch.source, collected.root);
  if (hasOverrides(source.kustomize)) await layOverrides(rendering, dir);
  const home = join(scratch.own, "home");
  return runTool(
    {
      name: "kustomize",
      path: rendering.tools.kustomize,
      args: ["build", "--load-restrictor", "LoadRestrictionsRootOnly", "."],
      cwd: dir,
      env: { ...rendering.environment, HOME: home, XDG_CONFIG_HOME: home, TMPDIR: scratch.own },
      limits,
      ...(rendering.signal ? { signal: rendering.signal } : {}),
    },
    rendering,
  );
}

/** Writes the source's overrides into its kustomization, as `kustomize edit` would; JSON is YAML too. */
async function layOverrides({ collected, source, limits, tree }: Rendering, dir: string): Promise<void> {
  for (const name of KUSTOMIZATION_FILES) {
    const shown = joinRepoPath(collected.root, name)!;
    const path = collected.links.get(shown) ?? shown;
    const oid = collected.files.get(path);
    if (oid === undefined) continue;
    const content = parseYaml(await tree.readBlob(oid, limits.fileBytes), { file: path, limits })[0]?.value;
    const file = join(dir, name);
    await unlink(file);
    await writeFile(file, stringifyRaw(withOverrides(content, source.kustomize)), { flag: "wx" });
  }
}
