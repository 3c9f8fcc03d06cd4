import { SluiceError } from "../../schemas/errors.ts";
import type { PinUpdate, PromotionMethod } from "../../schemas/kinds/promotion-method.ts";
import type { Source } from "../../schemas/kinds/source.ts";
import type { Pin, ReleasedImage } from "../../schemas/promotion.ts";
import { addressOf } from "../routing/address.ts";
import { commitOf, imageOf, type NamedRelease, releaseText } from "./release-value.ts";

/** Which promotion pins. */
export type PinnedBy = Pick<Pin, "pipeline" | "stage" | "promotion" | "release">;

/** An application that a release is pinned in, and the tool that renders it. */
export interface Pinnable {
  application: string;
  source: Pick<Source, "repoURL">;
  tool: "directory" | "kustomize" | "helm";
}

type Method = Pick<PromotionMethod, "pin">;
type Overrides = Pick<Pin, "targetRevision" | "images" | "parameters">;

/** The commit of its own repository that an application takes over from a release; undefined where it follows its own target revision. */
export function pinnedCommit(
  release: NamedRelease,
  { pin }: Method,
  { application, source }: Pick<Pinnable, "application" | "source">,
): string | undefined {
  const here = (repoURL: string): boolean =>
    (addressOf(repoURL) ?? repoURL) === (addressOf(source.repoURL) ?? source.repoURL);
  const all = pin
    ? pin.flatMap(({ git }) => (git === undefined ? [] : [commitOf(release, git)]))
    : release.content.commits;
  const own = all.filter(({ repoURL }) => here(repoURL));
  const [commit, ...others] = new Set(own.map((one) => one.commit));
  if (others.length === 0) return commit;
  const names = own.map(({ subscription }) => subscription).join(", ");
  throw new SluiceError(
    "InvalidInput",
    `Release ${release.alias} carries different commits of ${source.repoURL}, the repository of Application ${application}: ${names}`,
    { next: `say which one with promotion.pin, as in: pin: [{ git: ${own[0]!.subscription} }]` },
  );
}

/** What an application is pinned to by a release. Throws InvalidInput where the release has nothing that it takes over. */
export function pinFor(release: NamedRelease, method: Method, by: PinnedBy, target: Pinnable): Pin {
  const targetRevision = pinnedCommit(release, method, target);
  const overrides = (method.pin ?? allImages(release)).map((update) => overrideOf(release, update, target));
  const images = overrides.flatMap((one) => one.images ?? []);
  const parameters = overrides.flatMap((one) => one.parameters ?? []);
  if (targetRevision === undefined && images.length === 0 && parameters.length === 0) {
    throw new SluiceError(
      "InvalidInput",
      `Release ${release.alias} has nothing that Application ${target.application} takes over: it is rendered by ${target.tool}, from ${target.source.repoURL}`,
      {
        next: "subscribe the ReleaseSource to that repository, name a helmParameter in promotion.pin, or use promotion.mode commit",
      },
    );
  }
  return {
    ...by,
    ...(targetRevision !== undefined && { targetRevision }),
    ...(images.length > 0 && { images }),
    ...(parameters.length > 0 && { parameters }),
  };
}

/** Without a list, every image is overridden where the tool knows images: Kustomize does, and replaces only those that are there. */
const allImages = ({ content }: NamedRelease): (PinUpdate & { optional: true })[] =>
  content.images.map(({ subscription }) => ({ image: subscription, optional: true }));

function overrideOf(
  release: NamedRelease,
  update: PinUpdate & { optional?: true },
  { application, tool }: Pinnable,
): Overrides {
  const { image, kustomizeImage, helmParameter, value } = update;
  if (tool === "helm" && helmParameter !== undefined && value) {
    // As a string always: `--set` would make a number of the tag 1.10.
    return { parameters: [{ name: helmParameter, value: releaseText(release, value), forceString: true }] };
  }
  if (image === undefined) return {};
  if (tool === "kustomize") return { images: [imageOverride(imageOf(release, image), kustomizeImage)] };
  if (update.optional) return {};
  throw new SluiceError(
    "InvalidInput",
    `The image ${image} can't be pinned in Application ${application}, which is rendered by ${tool}`,
    {
      next:
        tool === "helm"
          ? "name the chart's parameter: helmParameter with value"
          : "use promotion.mode commit, which edits its manifests",
    },
  );
}

const imageOverride = ({ repository, digest }: ReleasedImage, name: string | undefined): string =>
  name === undefined || name === repository ? `${repository}@${digest}` : `${name}=${repository}@${digest}`;
