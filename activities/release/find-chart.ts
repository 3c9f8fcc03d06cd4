import type { Effort } from "../../domain/pattern/pattern.ts";
import { selectTags } from "../../domain/release/select-tag.ts";
import { SluiceError } from "../../schemas/errors.ts";
import type { ChartSubscription } from "../../schemas/kinds/release-source.ts";
import type { ReleasedChart } from "../../schemas/promotion.ts";
import type { ChartIndexPort, RegistryPort } from "./ports.ts";

type Found = Omit<ReleasedChart, "subscription">;

/** The highest version of a chart that fits, or the one that was chosen. Throws RevisionNotFound when there is none. */
export async function findChart(
  ports: { registry: RegistryPort; charts: ChartIndexPort },
  subscription: ChartSubscription,
  { chosen, effort }: { chosen?: string | undefined; effort: Effort },
): Promise<Found> {
  const { repoURL, name, insecure } = subscription;
  const inRegistry = repoURL.startsWith("oci://");
  const place = { repoURL, insecure };
  const listed: { version: string; digest?: string | undefined }[] = inRegistry
    ? (await ports.registry.tags(place)).map((tag) => ({ version: versionOf(tag) }))
    : await ports.charts.versions({ repoURL, name: name ?? "" });
  const version = newestOf(subscription, listed, { chosen, effort });
  const digest = inRegistry
    ? await ports.registry.digest(place, tagOf(version))
    : digestIn(listed.find((each) => each.version === version));
  return { repoURL, version, ...(name !== undefined && { name }), ...(digest !== undefined && { digest }) };
}

function newestOf(
  { repoURL, name, semverConstraint }: ChartSubscription,
  listed: readonly { version: string }[],
  { chosen, effort }: { chosen?: string | undefined; effort: Effort },
): string {
  const versions = listed.map(({ version }) => version);
  const fitting = selectTags(versions, { strategy: "SemVer", semverConstraint }, effort);
  const version = chosen === undefined ? fitting[0] : versions.find((each) => each === chosen);
  if (version !== undefined) return version;
  const what = name === undefined ? repoURL : `${name} in ${repoURL}`;
  throw new SluiceError(
    "RevisionNotFound",
    chosen === undefined
      ? `No version of the chart ${what} fits.`
      : `There is no version ${chosen} of the chart ${what}.`,
    { next: "check semverConstraint; a pre-release only fits a constraint that names one" },
  );
}

/** A tag can't hold `+`: Helm writes `_` for it. */
const tagOf = (version: string): string => version.replaceAll("+", "_");
const versionOf = (tag: string): string => tag.replaceAll("_", "+");

/** Indices have the digits alone. */
function digestIn(entry: { digest?: string | undefined } | undefined): string | undefined {
  const digits = entry?.digest?.replace(/^sha256:/, "");
  return digits !== undefined && /^[0-9a-f]{64}$/.test(digits) ? `sha256:${digits}` : undefined;
}
