import type { ReleaseSourceSpec, Subscription } from "../../schemas/kinds/release-source.ts";
import { addressOf } from "../routing/address.ts";
import { imageAddress } from "./image-name.ts";

/** Which sources look at what: a look-up costs as many steps as there are that look at the same place. */
export interface Subscribed {
  set(source: string, spec: ReleaseSourceSpec): void;
  delete(source: string): void;
  /** Sources that a moved ref may concern; `*` stands for any ref. */
  toRepository(repoURL: string, ref: string): string[];
  /** Sources that a pushed image or chart may concern. */
  toImage(image: string): string[];
}

/** An empty index; it is folded from the sources' configuration. */
export function createSubscribed(): Subscribed {
  const places = new Map<string, Map<string, Subscription[]>>();
  const known = new Map<string, string[]>();

  const forget = (source: string): void => {
    for (const place of known.get(source) ?? []) {
      const held = places.get(place);
      held?.delete(source);
      if (held?.size === 0) places.delete(place);
    }
    known.delete(source);
  };
  const at = (place: string | undefined): Iterable<[string, Subscription[]]> => (place && places.get(place)) || [];

  return {
    set(source, { subscriptions }) {
      forget(source);
      for (const subscription of subscriptions) {
        const place = placeOf(subscription);
        if (place === undefined) continue;
        const held = places.get(place) ?? new Map<string, Subscription[]>();
        held.set(source, [...(held.get(source) ?? []), subscription]);
        places.set(place, held);
        known.set(source, [...(known.get(source) ?? []), place]);
      }
    },
    delete: forget,
    toRepository(repoURL, ref) {
      const address = addressOf(repoURL);
      return [...at(address && `git ${address}`)]
        .filter(([, subscriptions]) => subscriptions.some((each) => follows(each, ref)))
        .map(([source]) => source)
        .toSorted();
    },
    toImage(image) {
      const address = imageAddress(image);
      return [...at(address && `image ${address}`)].map(([source]) => source).toSorted();
    },
  };
}

function placeOf({ git, image, chart }: Subscription): string | undefined {
  if (git) {
    const address = addressOf(git.repoURL);
    return address && `git ${address}`;
  }
  const registry = image?.repoURL ?? (chart?.repoURL.startsWith("oci://") ? chart.repoURL : undefined);
  const address = registry && imageAddress(registry);
  return address && `image ${address}`;
}

function follows({ git }: Subscription, ref: string): boolean {
  if (!git || ref === "*") return git !== undefined;
  const branches = git.strategy === "NewestFromBranch";
  if (ref.startsWith("refs/tags/")) return !branches;
  return (
    branches &&
    (git.branch === "HEAD" || ref === "HEAD" || ref === `refs/heads/${git.branch.replace(/^refs\/heads\//, "")}`)
  );
}
