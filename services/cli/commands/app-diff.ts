import { stringify } from "yaml";
import type { Comparison } from "../../../schemas/api/bodies.ts";
import { SluiceError, toSluiceError } from "../../../schemas/errors.ts";
import { type Context, usage } from "../context.ts";
import { type Io, styled } from "../io.ts";
import { type LocalOptions, sendLocal } from "../local-files.ts";
import { harmless } from "../table.ts";
import { unifiedDiff } from "../unified-diff.ts";

interface DiffOptions extends LocalOptions {
  revision?: string;
  exitCode?: boolean;
}

/** Exit code of a difference; an error never has it, so that a script can tell them apart. */
const DIFFERENT = 1;

/** Shows what a sync would change, live against desired. With --exit-code 1 when there is something, as `kubectl diff` has it. */
export async function diff(context: Context, name: string, options: DiffOptions): Promise<number> {
  const comparison = await compare(context, name, options);
  const differing = comparison.objects.filter(({ action }) => action !== "unchanged");
  const exit = options.exitCode && differing.length > 0 ? DIFFERENT : 0;
  for (const warning of comparison.warnings ?? []) context.note(harmless(warning));
  if (await context.showValue(comparison)) return exit;
  for (const object of differing) context.io.out(objectDiff(context.io, object));
  context.note(`Application ${name} ${summary(comparison)}.`);
  const hooks = (comparison.hooks ?? []).map(({ object, phase }) => `${object} (${phase})`);
  if (hooks.length > 0) context.note(harmless(`Hooks that a sync runs: ${hooks.join(", ")}.`));
  return exit;
}

async function compare(context: Context, name: string, options: DiffOptions): Promise<Comparison> {
  const { revision, exitCode } = options;
  if (revision !== undefined && options.local !== undefined) {
    throw usage("--revision and --local can't be taken together", "Name one of the two.");
  }
  try {
    const local = await sendLocal(context, name, options);
    return await context.client.get<Comparison>(`/applications/${encodeURIComponent(name)}/diff`, {
      query: { revision, local },
    });
  } catch (thrown) {
    const error = toSluiceError(thrown);
    if (!exitCode || error.code !== "Internal") throw error;
    throw new SluiceError("Usage", error.message, {
      cause: error,
      ...(error.next !== undefined && { next: error.next }),
    });
  }
}

/** What a sync would do, in a few words. */
function summary({ counts, revision }: Comparison): string {
  const words = { create: "to create", update: "to change", recreate: "to create anew", prune: "to delete" } as const;
  const parts = Object.entries(words).flatMap(([action, text]) => {
    const count = counts[action as keyof typeof words];
    return count > 0 ? [`${count} ${text}`] : [];
  });
  const left = counts.refuse > 0 ? [`${counts.refuse} refused`] : [];
  const all = [...parts, ...left];
  if (revision === "local") return all.length === 0 ? "is as the local files" : `by the local files: ${all.join(", ")}`;
  const at = `at ${revision.slice(0, 8)}`;
  return all.length === 0 ? `is as desired ${at}` : `${at}: ${all.join(", ")}`;
}

function objectDiff(
  io: Io,
  { object, action, reason, message, live, desired, conflicts }: Comparison["objects"][number],
): string {
  const head = styled(io, "bold", `===== ${harmless(object)} ${action} (${harmless(message ?? reason)})`);
  const owners = (conflicts ?? []).map(
    ({ manager, field }) => `${harmless(field)} is now held by ${harmless(manager)}\n`,
  );
  // What stays is no deletion.
  if (action === "refuse" && !desired) return `${head}\n`;
  const lines = unifiedDiff(live ? stringify(live) : "", desired ? stringify(desired) : "").split("\n");
  const painted = lines.filter((line) => line !== "").map((line) => paint(io, harmless(line)));
  return `${[head, ...painted].join("\n")}\n${owners.join("")}`;
}

function paint(io: Io, line: string): string {
  if (line.startsWith("@@")) return styled(io, "cyan", line);
  if (line.startsWith("-")) return styled(io, "red", line);
  return line.startsWith("+") ? styled(io, "green", line) : line;
}
