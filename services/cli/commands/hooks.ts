import type { OutcomeView } from "../../../schemas/api/bodies.ts";
import type { ApplicationObject } from "../../../schemas/api/objects.ts";
import { toSluiceError } from "../../../schemas/errors.ts";
import type { Context } from "../context.ts";

/** What became of the hooks that the last operation ran, a line each. */
export async function hookLines(
  { client }: Pick<Context, "client">,
  { metadata: { name }, status: { last } }: ApplicationObject,
): Promise<[label: string, value: string][]> {
  if (last?.report === undefined) return [];
  const path = `/operations/${encodeURIComponent(name)}/${encodeURIComponent(last.id)}/outcomes`;
  const { items } = await client.get<{ items: OutcomeView[] }>(path).catch(kept);
  return items.flatMap((one): [string, string][] => (one.hook === undefined ? [] : [["Hook", textOf(one)]]));
}

/** A report may be kept no more. */
function kept(thrown: unknown): { items: OutcomeView[] } {
  if (toSluiceError(thrown).code !== "NotFound") throw thrown;
  return { items: [] };
}

function textOf({ object, hook, result, health, message, reason }: OutcomeView): string {
  const about = message ?? (result === "failed" ? reason : undefined);
  return `${hook} ${object} ${wordOf(result, health)}${about === undefined ? "" : `: ${about}`}`;
}

/** A hook that is done is well; one that never came up was not run. */
function wordOf(result: OutcomeView["result"], health: OutcomeView["health"]): string {
  if (result === "failed" || health === "Degraded") return "failed";
  if (result === "pending") return "did not run";
  return health === "Healthy" ? "succeeded" : "did not end";
}
