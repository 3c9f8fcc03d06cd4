import { uploadedTree } from "../../adapters/renderers/uploaded-tree.ts";
import { effectiveSpec } from "../../domain/application/effective.ts";
import type { Artifact } from "../../schemas/artifact.ts";
import { SluiceError } from "../../schemas/errors.ts";
import type { Source } from "../../schemas/kinds/source.ts";
import type { RenderUpload } from "../api/ports.ts";
import { stepDeps, type StepParts } from "./steps.ts";

/** Somebody waits for it. */
const RENDER_LIMIT_MS = 60_000;

/**
 * Renders what somebody sent, with the application's own settings and in the usual confinement. Only the rendering is stored,
 * its Secret values sealed.
 */
export function renderUploadOf(parts: StepParts): RenderUpload {
  const { applications, place } = stepDeps(parts);
  return async (application, { files, path, manifests }) => {
    const { configuration, pin } = await applications.load(application);
    if (!configuration) throw new SluiceError("NotFound", `There is no application ${application}`);
    const spec = effectiveSpec(configuration.spec, pin);
    const { cluster } = await place(spec);
    const local = await parts.source.produceLocal({
      application,
      spec: { ...spec, source: sourceOf(spec.source, { path, manifests }) },
      cluster: cluster.name,
      tree: uploadedTree(files),
      signal: AbortSignal.timeout(RENDER_LIMIT_MS),
    });
    const { objects } = await parts.core.blobs.getJson<Artifact>(local);
    return { local, objects: objects.length };
  };
}

/** The application's settings on another directory; plain manifests are read as they are, whatever renders the application. */
function sourceOf(source: Source, { path, manifests }: { path: string; manifests: boolean }): Source {
  const { repoURL, targetRevision } = source;
  if (manifests) return { repoURL, targetRevision, path, directory: { recurse: true } };
  const { submodules: _, ...rest } = source;
  return { ...rest, path };
}
