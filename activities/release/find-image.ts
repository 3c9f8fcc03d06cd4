import type { Effort } from "../../domain/pattern/pattern.ts";
import { imageAddress } from "../../domain/release/image-name.ts";
import { selectTags } from "../../domain/release/select-tag.ts";
import { SluiceError } from "../../schemas/errors.ts";
import type { ImageSubscription } from "../../schemas/kinds/release-source.ts";
import type { ReleasedImage } from "../../schemas/promotion.ts";
import { mapInTurn } from "./in-turn.ts";
import type { ImageDescription, RegistryPort } from "./ports.ts";

type Found = Omit<ReleasedImage, "subscription">;

/** Tags whose images are compared by when they were built. */
const MOST_BUILDS = 1_000;
/** Tags that are looked at to find one with the platform. */
const MOST_LOOKED_AT = 50;
const AT_ONCE = 8;

/** The newest image of a subscription, or the one that was chosen by tag or digest. Throws RevisionNotFound when there is none. */
export async function findImage(
  registry: RegistryPort,
  subscription: ImageSubscription,
  { chosen, effort }: { chosen?: string | undefined; effort: Effort },
): Promise<Found> {
  if (chosen !== undefined) return await chosenImage(registry, subscription, chosen);
  switch (subscription.strategy) {
    case "Digest":
      return await chosenImage(registry, subscription, subscription.tag ?? "latest");
    case "NewestBuild":
      return await newestBuild(registry, subscription, await counted(registry, subscription, effort));
    case "SemVer":
    case "Lexical":
      return await firstOf(registry, subscription, await counted(registry, subscription, effort));
  }
}

async function counted(registry: RegistryPort, subscription: ImageSubscription, effort: Effort): Promise<string[]> {
  const { strategy, semverConstraint, allowTags, ignoreTags } = subscription;
  const selection = { semverConstraint, allowTags, ignoreTags };
  const all = await registry.tags(subscription);
  const tags = selectTags(
    all,
    { ...selection, strategy: strategy === "SemVer" || strategy === "Lexical" ? strategy : "Any" },
    effort,
  );
  if (tags.length > 0) return tags;
  throw new SluiceError("RevisionNotFound", `None of the ${all.length} tags of ${subscription.repoURL} is asked for.`, {
    next: "check semverConstraint, allowTags and ignoreTags; a pre-release only fits a constraint that names one",
  });
}

/** The first of the tags that is still there and has the platform. */
async function firstOf(
  registry: RegistryPort,
  subscription: ImageSubscription,
  tags: readonly string[],
): Promise<Found> {
  for (const tag of tags.slice(0, MOST_LOOKED_AT)) {
    const digest = await digestOf(registry, subscription, tag);
    if (digest !== undefined) return foundAt(subscription, { tag, digest });
  }
  throw lacking(subscription, `the newest ${Math.min(tags.length, MOST_LOOKED_AT)} tags that are asked for`);
}

async function chosenImage(registry: RegistryPort, subscription: ImageSubscription, chosen: string): Promise<Found> {
  const digest = await digestOf(registry, subscription, chosen);
  if (digest === undefined) throw lacking(subscription, chosen);
  return foundAt(subscription, chosen.startsWith("sha256:") ? { digest } : { tag: chosen, digest });
}

/** Digest of a tag, undefined when it is gone or its image lacks the platform. */
async function digestOf(
  registry: RegistryPort,
  subscription: ImageSubscription,
  reference: string,
): Promise<string | undefined> {
  if (subscription.platform === undefined && !reference.startsWith("sha256:"))
    return await registry.digest(subscription, reference);
  const description = await registry.describe(subscription, reference);
  return description && fits(description, subscription.platform) ? description.digest : undefined;
}

async function newestBuild(
  registry: RegistryPort,
  subscription: ImageSubscription,
  tags: readonly string[],
): Promise<Found> {
  if (tags.length > MOST_BUILDS) {
    throw new SluiceError(
      "SourceRefused",
      `${subscription.repoURL} has ${tags.length} tags to compare by when they were built, more than ${MOST_BUILDS}.`,
      { next: "narrow them down with allowTags" },
    );
  }
  const described = await mapInTurn(AT_ONCE, tags, async (tag) => ({
    tag,
    image: await registry.describe(subscription, tag),
  }));
  const [newest] = described
    .flatMap(({ tag, image }) =>
      image?.created !== undefined && fits(image, subscription.platform)
        ? [{ tag, image, created: image.created }]
        : [],
    )
    .toSorted((a, b) => Date.parse(b.created) - Date.parse(a.created) || (a.tag < b.tag ? 1 : -1));
  if (!newest) throw lacking(subscription, "the tags that are asked for");
  return foundAt(subscription, { tag: newest.tag, digest: newest.image.digest });
}

/** `linux/arm64` is fine with every variant of it. */
const fits = ({ platforms }: ImageDescription, platform: string | undefined): boolean =>
  platform === undefined || platforms.some((each) => each === platform || each.startsWith(`${platform}/`));

const foundAt = ({ repoURL }: ImageSubscription, found: { tag?: string; digest: string }): Found => ({
  repository: repoURL,
  ...found,
});

function lacking({ repoURL, platform }: ImageSubscription, what: string): SluiceError {
  const place = imageAddress(repoURL) ?? repoURL;
  const kind = platform === undefined ? "image" : `image for ${platform}`;
  return new SluiceError("RevisionNotFound", `There is no ${kind} of ${place} at ${what}.`, {
    next: "check the tag, and that it was pushed for the platform",
  });
}
