import type { ResourceView } from "../../../schemas/api/bodies.ts";
import { type Context, usage } from "../context.ts";
import { harmless } from "../table.ts";

/** Objects that are listed before somebody is asked. */
const MOST_LISTED = 20;

/**
 * Has somebody say yes before whole applications go with what they own: a person at a terminal is shown what goes and asked, anybody
 * else says it with --yes. Throws Usage without a yes. What owns nothing needs none.
 */
export async function consent(context: Context, applications: readonly string[], yes: boolean): Promise<void> {
  if (yes) return;
  const owned: string[] = [];
  for (const name of applications) {
    const { items } = await context.client.get<{ items: ResourceView[] }>(
      `/applications/${encodeURIComponent(name)}/resources`,
    );
    owned.push(
      ...items.map(({ kind, namespace, name: of }) => `${kind} ${namespace === "" ? of : `${namespace}/${of}`}`),
    );
  }
  if (owned.length === 0) return;
  const { io } = context;
  if (!io.ask) throw usage(`${counted(owned)} would be deleted: ${listed(owned, 3)}`, "Say yes to it with --yes.");
  io.err(`${owned.slice(0, MOST_LISTED).map(harmless).join("\n")}\n`);
  if (owned.length > MOST_LISTED) io.err(`and ${owned.length - MOST_LISTED} more\n`);
  if (!(await io.ask(`Delete ${applications.join(", ")} with ${counted(owned)}?`))) {
    throw usage("Nothing was deleted", "To leave the objects where they are, use --orphan.");
  }
}

const counted = (owned: readonly string[]): string => (owned.length === 1 ? "1 object" : `${owned.length} objects`);

const listed = (owned: readonly string[], most: number): string =>
  harmless(owned.slice(0, most).join(", ")) + (owned.length > most ? ` and ${owned.length - most} more` : "");
