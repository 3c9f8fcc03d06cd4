import { localArtifact, refuseLocalWithAutoSync } from "../../activities/local.ts";
import { type LocalFiles, type LocalManifests, MOST_LOCAL_BYTES } from "../../schemas/api/local-files.ts";
import type { SyncRequest } from "../../schemas/api/sync-request.ts";
import { SluiceError } from "../../schemas/errors.ts";
import type { ApplicationView } from "../../schemas/views.ts";
import { eitherOr } from "./comparison.ts";
import type { ApiPorts } from "./ports.ts";

/** Renders and stores what was sent. */
export async function uploadLocal(
  { renderUpload }: Pick<ApiPorts, "renderUpload">,
  application: string,
  { files, path, manifests }: LocalFiles,
): Promise<LocalManifests> {
  const decoded = files.map((file) => ({ path: file.path, content: Buffer.from(file.content, "base64") }));
  const bytes = decoded.reduce((sum, { content }) => sum + content.length, 0);
  if (bytes > MOST_LOCAL_BYTES) {
    throw new SluiceError("PayloadTooLarge", `The files have ${bytes} bytes together, more than ${MOST_LOCAL_BYTES}`, {
      next: "Send a directory with nothing in it but the source.",
    });
  }
  return { application, ...(await renderUpload(application, { files: decoded, path, manifests })) };
}

/** Throws when a sync asks for local files that are not there, not this application's, or would be undone at once. */
export async function checkLocal(
  { blobs }: Pick<ApiPorts, "blobs">,
  { name, spec }: Pick<ApplicationView, "name" | "spec">,
  { local, dryRun, revision }: Pick<SyncRequest, "local" | "dryRun" | "revision">,
): Promise<void> {
  if (local === undefined) return;
  if (revision !== undefined) throw eitherOr();
  refuseLocalWithAutoSync(name, { local, dryRun }, spec.syncPolicy);
  await localArtifact(blobs, { application: name, digest: local });
}
