import { createHash } from "node:crypto";
import type { ImageDescription, ImagePlace, RegistryPort } from "../../activities/release/ports.ts";
import { DIGEST, parseImageName } from "../../domain/release/image-name.ts";
import { SluiceError } from "../../schemas/errors.ts";
import { createRecent } from "../cache/recent.ts";
import { configReferences, describedConfig, INDEX_TYPES, MANIFEST_TYPES, type Manifest } from "./manifest.ts";
import { checkedJson, type RegistryPlace, type Session } from "./session.ts";

const PAGE = 1_000;
const MOST_TAGS = 100_000;
const MOST_PAGES = 1_000;
const PAGE_BYTES = 4 * 1024 * 1024;
/** As the distribution specification asks registries to take at least. */
const MANIFEST_BYTES = 4 * 1024 * 1024;
const CONFIG_BYTES = 8 * 1024 * 1024;
/** What a digest stands for never changes. */
const MOST_DESCRIBED = 20_000;
/** Images of one index whose configuration is read. */
const MOST_PLATFORMS = 32;

/** Registries behind a session. */
export function createRegistry(session: Session): RegistryPort {
  const described = createRecent<ImageDescription>(MOST_DESCRIBED);
  const accept = [...INDEX_TYPES, ...MANIFEST_TYPES].join(", ");

  const head = async (place: RegistryPlace, reference: string): Promise<string | undefined> => {
    const path = manifestPath(place, reference);
    const answer = await session.ask(place, { path, method: "HEAD", accept, most: 0 });
    if (answer.status === 404) return undefined;
    const digest = answer.headers["docker-content-digest"];
    if (answer.status === 200 && digest !== undefined && DIGEST.test(digest)) return digest;
    // Some registries leave the header out: then the manifest itself says.
    return (await manifest(place, reference))?.digest;
  };

  const manifest = async (
    place: RegistryPlace,
    reference: string,
  ): Promise<{ digest: string; manifest: Manifest } | undefined> => {
    const path = manifestPath(place, reference);
    const answer = await session.ask(place, { path, method: "GET", accept, most: MANIFEST_BYTES });
    if (answer.status === 404) return undefined;
    const parsed = checkedJson(answer, nameOf(place));
    const digest = `sha256:${createHash("sha256").update(answer.body).digest("hex")}`;
    if (DIGEST.test(reference) && reference !== digest) throw damaged(place, reference);
    return { digest, manifest: parsed };
  };

  const config = async (place: RegistryPlace, digest: string): Promise<object> => {
    const path = `/v2/${place.name.repository}/blobs/${digest}`;
    const answer = await session.ask(place, { path, method: "GET", most: CONFIG_BYTES });
    const actual = `sha256:${createHash("sha256").update(answer.body).digest("hex")}`;
    if (answer.status === 200 && DIGEST.test(digest) && actual !== digest) throw damaged(place, digest);
    return checkedJson(answer, nameOf(place));
  };

  const describe = async (
    place: RegistryPlace,
    found: { digest: string; manifest: Manifest },
    depth = 0,
  ): Promise<ImageDescription> => {
    const { digest } = found;
    const references = configReferences(found.manifest);
    if ("config" in references) {
      return {
        digest,
        ...describedConfig(references.config === undefined ? undefined : await config(place, references.config)),
      };
    }
    const platforms: string[] = [];
    let created: string | undefined;
    for (const child of depth > 0 ? [] : references.images.slice(0, MOST_PLATFORMS)) {
      const inner = await manifest(place, child.digest);
      const one = inner && (await describe(place, inner, depth + 1));
      platforms.push(...(child.platform === undefined ? (one?.platforms ?? []) : [child.platform]));
      if (one?.created !== undefined && (created === undefined || one.created > created)) ({ created } = one);
    }
    return { digest, platforms: [...new Set(platforms)], ...(created !== undefined && { created }) };
  };

  return {
    tags: (image) => allTags(session, placeOf(image)),
    digest: (image, tag) => head(placeOf(image), tag),
    async describe(image, reference) {
      const place = placeOf(image);
      const digest = DIGEST.test(reference) ? reference : await head(place, reference);
      if (digest === undefined) return undefined;
      const key = `${nameOf(place)}@${digest}`;
      const known = described.get(key);
      if (known) return known;
      const found = await manifest(place, digest);
      if (!found) return undefined;
      const description = await describe(place, found);
      described.set(key, description);
      return description;
    },
  };
}

async function allTags(session: Session, place: RegistryPlace): Promise<string[]> {
  const tags = new Set<string>();
  const what = nameOf(place);
  let path: string | undefined = `/v2/${place.name.repository}/tags/list?n=${PAGE}`;
  for (let page = 0; path !== undefined; page += 1) {
    const answer = await session.ask(place, { path, method: "GET", accept: "application/json", most: PAGE_BYTES });
    if (answer.status === 404) throw missing(what);
    const { tags: listed } = checkedJson(answer, what) as { tags?: unknown };
    for (const tag of Array.isArray(listed) ? (listed as unknown[]) : []) if (typeof tag === "string") tags.add(tag);
    if (tags.size > MOST_TAGS || page > MOST_PAGES) {
      throw new SluiceError("SourceRefused", `${what} has more than ${MOST_TAGS} tags.`);
    }
    path = nextPage(answer.headers["link"], answer.url);
  }
  return [...tags];
}

/** Address of the next page (RFC 8288), absolute; undefined on the last. */
function nextPage(link: string | undefined, from: string): string | undefined {
  const target = /<([^<>]+)>\s*;[^,]*\brel="?next"?/i.exec((link ?? "").slice(0, 8_192))?.[1];
  return target === undefined || !URL.canParse(target, from) ? undefined : new URL(target, from).href;
}

/** Throws SourceRefused for what is no image's name. */
function placeOf({ repoURL, insecure }: ImagePlace): RegistryPlace {
  const name = parseImageName(repoURL);
  if (name) return { name, insecure };
  throw new SluiceError("SourceRefused", `${JSON.stringify(repoURL.slice(0, 200))} is no image's name.`, {
    next: "write it without tag, as in ghcr.io/acme/web",
  });
}

const nameOf = ({ name }: RegistryPlace): string => `${name.registry}/${name.repository}`;

const manifestPath = ({ name }: RegistryPlace, reference: string): string =>
  `/v2/${name.repository}/manifests/${encodeURIComponent(reference).replaceAll("%3A", ":")}`;

const missing = (what: string): SluiceError =>
  new SluiceError("SourceForbidden", `There is no ${what}, or the credentials may not see it.`, {
    next: "check the name, and the credentials of the Repository that covers it",
  });

const damaged = (place: RegistryPlace, digest: string): SluiceError =>
  new SluiceError("SourceUnavailable", `${nameOf(place)} gives other content than ${digest} stands for.`, {
    next: "nothing of it was taken; check the registry and what stands between",
  });
