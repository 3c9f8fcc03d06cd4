import { LOCAL_REVISION, type Artifact } from "../schemas/artifact.ts";
import { SluiceError, toSluiceError } from "../schemas/errors.ts";
import type { SyncPolicy } from "../schemas/kinds/application.ts";
import type { OperationOptions } from "../schemas/operation.ts";

/**
 * The artifact of files that were given by hand for this application. Throws `InvalidInput` when the digest is of something
 * else, so that nobody has another application's objects applied, or any other blob.
 */
export async function localArtifact(
  blobs: { getJson<T>(digest: string): Promise<T> },
  { application, digest }: { application: string; digest: string },
): Promise<Artifact> {
  let artifact: Partial<Artifact> | undefined;
  try {
    artifact = await blobs.getJson<Partial<Artifact>>(digest);
  } catch (thrown) {
    if (toSluiceError(thrown).code !== "NotFound") throw thrown;
  }
  if (artifact?.application === application && artifact.revision === LOCAL_REVISION) return artifact as Artifact;
  throw new SluiceError("InvalidInput", `There are no local manifests of ${application} under ${digest.slice(0, 12)}`, {
    next: "send them again: sluice app sync or sluice app diff with --local does",
  });
}

/** Throws `Conflict` when what is given by hand would be replaced by what is in Git at the next change. */
export function refuseLocalWithAutoSync(
  application: string,
  { local, dryRun }: Pick<OperationOptions, "local" | "dryRun">,
  { automated }: Pick<SyncPolicy, "automated">,
): void {
  if (local === undefined || dryRun === true || automated?.enabled !== true) return;
  throw new SluiceError(
    "Conflict",
    `${application} is synced automatically, which would undo a sync of local manifests`,
    {
      next: "look at them with --dry-run, or set syncPolicy.automated.enabled to false first",
    },
  );
}
