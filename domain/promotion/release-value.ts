import { SluiceError } from "../../schemas/errors.ts";
import type { ReleaseValue } from "../../schemas/kinds/promotion-method.ts";
import type { ReleaseContent, ReleasedChart, ReleasedCommit, ReleasedImage } from "../../schemas/promotion.ts";

/** What a release is called in a message: its alias where it has one. */
export interface NamedRelease {
  release: string;
  alias: string;
  content: ReleaseContent;
}

/** The parts of a value that each kind of subscription has, the first when none is named. */
export const PARTS = {
  image: ["reference", "tag", "digest", "repository"],
  git: ["commit", "tag"],
  chart: ["version"],
} as const;

/** The commit of a subscription. Throws InvalidInput where the release has none. */
export const commitOf = (release: NamedRelease, subscription: string): ReleasedCommit =>
  carried(release, "commit", subscription, release.content.commits);

/** The image of a subscription. Throws InvalidInput where the release has none. */
export const imageOf = (release: NamedRelease, subscription: string): ReleasedImage =>
  carried(release, "image", subscription, release.content.images);

/** The chart of a subscription. Throws InvalidInput where the release has none. */
export const chartOf = (release: NamedRelease, subscription: string): ReleasedChart =>
  carried(release, "chart", subscription, release.content.charts);

/** The text that a value of a release stands for. Throws InvalidInput where the release has no such value. */
export function releaseText(release: NamedRelease, { image, git, chart, part, format }: ReleaseValue): string {
  const value =
    image !== undefined
      ? imagePart(imageOf(release, image), part)
      : git !== undefined
        ? commitPart(commitOf(release, git), part)
        : chartPart(chartOf(release, chart ?? ""), part);
  return format === undefined ? value : format.replaceAll("{value}", () => value);
}

function imagePart(image: ReleasedImage, part: ReleaseValue["part"] = "reference"): string {
  const { subscription, repository, tag, digest } = image;
  if (part === "reference") return `${repository}@${digest}`;
  if (part === "repository") return repository;
  if (part === "digest") return digest;
  if (part === "tag") return tag ?? missing(`image ${subscription}`, "tag");
  return noSuchPart(`image ${subscription}`, part, PARTS.image);
}

function commitPart({ subscription, commit, tag }: ReleasedCommit, part: ReleaseValue["part"] = "commit"): string {
  if (part === "commit") return commit;
  if (part === "tag") return tag ?? missing(`commit ${subscription}`, "tag");
  return noSuchPart(`commit ${subscription}`, part, PARTS.git);
}

function chartPart({ subscription, version }: ReleasedChart, part: ReleaseValue["part"] = "version"): string {
  return part === "version" ? version : noSuchPart(`chart ${subscription}`, part, PARTS.chart);
}

function carried<Item extends { subscription: string }>(
  { release, alias }: NamedRelease,
  what: string,
  subscription: string,
  items: readonly Item[],
): Item {
  const found = items.find((item) => item.subscription === subscription);
  if (found) return found;
  const names = items.map((item) => item.subscription).join(", ");
  throw new SluiceError(
    "InvalidInput",
    `Release ${alias} (${release.slice(0, 12)}) carries no ${what} ${subscription}`,
    {
      next: names === "" ? `subscribe its ReleaseSource to one` : `name one that it carries: ${names}`,
    },
  );
}

function missing(of: string, part: string): never {
  throw new SluiceError("InvalidInput", `The ${of} of the release has no ${part}`, {
    next: "take another part of it, or a strategy of the ReleaseSource that finds tags",
  });
}

function noSuchPart(of: string, part: string, parts: readonly string[]): never {
  throw new SluiceError("InvalidInput", `The ${of} of a release has no part ${part}`, {
    next: `It has ${parts.join(", ")}.`,
  });
}
