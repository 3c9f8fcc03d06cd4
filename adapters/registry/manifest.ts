/** Media types of a list of images for several platforms (OCI image specification; Docker's manifest list). */
export const INDEX_TYPES = [
  "application/vnd.oci.image.index.v1+json",
  "application/vnd.docker.distribution.manifest.list.v2+json",
] as const;
/** Media types of one image's manifest. */
export const MANIFEST_TYPES = [
  "application/vnd.oci.image.manifest.v1+json",
  "application/vnd.docker.distribution.manifest.v2+json",
] as const;

/** A manifest as a registry gives it: nothing is known of it. */
export type Manifest = object;

/** What a manifest leads to: the configuration of its image, or the images of an index. */
export type References = { config: string | undefined } | { images: { digest: string; platform?: string }[] };

const CONFIG_TYPES = /^application\/vnd\.(?:oci\.image|docker\.container\.image)\.(?:config\.)?v1\+json$/;
const DIGEST = /^sha256:[0-9a-f]{64}$/;

/** Attestations and the like, whose platform is unknown, are left out of an index. */
export function configReferences(manifest: Manifest): References {
  const { manifests, config } = manifest as { manifests?: unknown; config?: { mediaType?: unknown; digest?: unknown } };
  if (!Array.isArray(manifests)) {
    const { mediaType, digest } = config ?? {};
    const readable = typeof mediaType === "string" && CONFIG_TYPES.test(mediaType);
    return readable && typeof digest === "string" && DIGEST.test(digest) ? { config: digest } : { config: undefined };
  }
  const images = (manifests as { digest?: unknown; platform?: unknown }[]).flatMap((entry) => {
    const { digest } = entry ?? {};
    if (typeof digest !== "string" || !DIGEST.test(digest)) return [];
    const platform = platformOf(entry.platform);
    if (platform === "unknown/unknown") return [];
    return [{ digest, ...(platform !== undefined && { platform }) }];
  });
  return { images };
}

/** Platform and time of an image's configuration. */
export function describedConfig(config: object | undefined): { platforms: string[]; created?: string } {
  if (config === undefined) return { platforms: [] };
  const { created } = config as { created?: unknown };
  const platform = platformOf(config);
  const at = typeof created === "string" ? Date.parse(created) : Number.NaN;
  return {
    platforms: platform === undefined ? [] : [platform],
    ...(Number.isFinite(at) && { created: new Date(at).toISOString() }),
  };
}

function platformOf(value: unknown): string | undefined {
  const { os, architecture, variant } = (value ?? {}) as { os?: unknown; architecture?: unknown; variant?: unknown };
  if (typeof os !== "string" || typeof architecture !== "string") return undefined;
  return [os, architecture, ...(typeof variant === "string" && variant !== "" ? [variant] : [])].join("/");
}
