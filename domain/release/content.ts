import type { Subscription } from "../../schemas/kinds/release-source.ts";
import type { ReleaseContent } from "../../schemas/promotion.ts";
import { sha256 } from "../routing/sha256.ts";
import { canonicalJson } from "../sync/canonical.ts";
import { compareText } from "../sync/identity.ts";

const ID_DIGITS = 40;

/** The content in the order of the names of its subscriptions, with nothing in it that is undefined. */
export function orderedContent({ commits, images, charts }: ReleaseContent): ReleaseContent {
  return { commits: ordered(commits), images: ordered(images), charts: ordered(charts) };
}

function ordered<Item extends { subscription: string }>(items: readonly Item[]): Item[] {
  return items
    .map(
      (item) => Object.fromEntries(Object.entries(item).filter(([, value]) => value !== undefined)) as unknown as Item,
    )
    .toSorted((a, b) => compareText(a.subscription, b.subscription));
}

/** Id of the release with a content: the first 40 digits of the sha256 over its canonical JSON, whatever order it is in. */
export const releaseId = (content: ReleaseContent): string =>
  sha256(canonicalJson(orderedContent(content))).slice(0, ID_DIGITS);

/** What keeps a content from being a release of these subscriptions: one sentence, or undefined when it is one. */
export function misfit(content: ReleaseContent, subscriptions: readonly Subscription[]): string | undefined {
  const found = new Map<string, string>();
  for (const [subscription, address] of addressesOf(content)) {
    if (found.has(subscription)) return `Two things are given for the subscription ${subscription}.`;
    found.set(subscription, address);
  }
  for (const subscription of subscriptions) {
    const address = found.get(subscription.name);
    if (address === undefined) return `Nothing is given for the subscription ${subscription.name}.`;
    if (address !== addressOf(subscription)) return `The subscription ${subscription.name} is of something else now.`;
    found.delete(subscription.name);
  }
  const [unknown] = found.keys();
  return unknown === undefined ? undefined : `There is no subscription ${unknown}.`;
}

const addressesOf = ({ commits, images, charts }: ReleaseContent): (readonly [string, string])[] => [
  ...commits.map(({ subscription, repoURL }) => [subscription, `git ${repoURL}`] as const),
  ...images.map(({ subscription, repository }) => [subscription, `image ${repository}`] as const),
  ...charts.map(({ subscription, repoURL, name }) => [subscription, `chart ${repoURL} ${name ?? ""}`] as const),
];

function addressOf({ git, image, chart }: Subscription): string {
  if (git) return `git ${git.repoURL}`;
  if (image) return `image ${image.repoURL}`;
  return `chart ${chart?.repoURL} ${chart?.name ?? ""}`;
}
