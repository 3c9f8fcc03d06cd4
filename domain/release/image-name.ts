/** Where an image is: the registry's host and the repository in it. */
export interface ImageName {
  /** Host, with a port where it is not the scheme's own. */
  registry: string;
  repository: string;
}

const HUB = "docker.io";
const HOST =
  /^(?:[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)*|\[[0-9a-fA-F:]+\])(?::\d{1,5})?$/;
/** As the distribution specification has names. */
const REPOSITORY = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/;
/** As the distribution specification has tags. */
export const TAG = /^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}$/;
export const DIGEST = /^sha256:[0-9a-f]{64}$/;

/**
 * An image's name without tag, taken apart as Docker does: what begins with no host is on Docker Hub, and there under `library/` when it has
 * no folder. Undefined for what is no such name.
 */
export function parseImageName(text: string): ImageName | undefined {
  const name = text.replace(/^(?:oci|docker|https?):\/\//, "");
  const slash = name.indexOf("/");
  const first = slash < 0 ? "" : name.slice(0, slash);
  const hosted = first.includes(".") || first.includes(":") || first === "localhost";
  const registry = (hosted ? first : HUB).toLowerCase().replace(/^(?:index|registry-1)\.docker\.io$/, HUB);
  const rest = hosted ? name.slice(slash + 1) : name;
  const repository = registry === HUB && !rest.includes("/") ? `library/${rest}` : rest;
  if (!HOST.test(registry) || repository.length > 255 || !REPOSITORY.test(repository)) return undefined;
  return { registry, repository };
}

/** The one spelling of an image's place, as in `docker.io/library/nginx`; undefined for what is no image's name. */
export function imageAddress(text: string): string | undefined {
  const name = parseImageName(text);
  return name && `${name.registry}/${name.repository}`;
}
