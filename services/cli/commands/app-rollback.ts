import type { Accepted, EventView } from "../../../schemas/api/bodies.ts";
import type { ApplicationObject } from "../../../schemas/api/objects.ts";
import type { RollbackAccepted } from "../../../schemas/api/rollback-routes.ts";
import { type Context, usage } from "../context.ts";
import { followOperations } from "../follow.ts";
import { harmless } from "../table.ts";

const pathOf = (name: string): string => `/applications/${encodeURIComponent(name)}`;

interface RollbackOptions {
  prune?: boolean;
  pushRevert?: boolean;
  branch?: string;
  async?: boolean;
  timeout?: string;
}

/** Goes back to what an earlier operation deployed; waits for the end unless told otherwise. */
export async function rollback(
  context: Context,
  name: string,
  id: string | undefined,
  options: RollbackOptions,
): Promise<number> {
  const { prune, pushRevert, branch, timeout } = options;
  if (branch !== undefined && !pushRevert) throw usage("--branch is for --push-revert", "Add --push-revert.");
  const body = {
    ...(id !== undefined && { operation: id }),
    ...(prune !== undefined && { prune }),
    ...(pushRevert && { revert: branch === undefined ? {} : { branch } }),
  };
  const accepted = await context.client.post<RollbackAccepted>(`${pathOf(name)}/rollback`, { body });
  context.note(`${name} goes back to ${accepted.revision.slice(0, 8)}, as ${accepted.target} deployed it.`);
  if (options.async) return shown(context, accepted, "rollback");
  const exit = await followOperations(context, [accepted], timeout);
  const told = pushRevert ? await revertTold(context, accepted) : 0;
  await remarks(context, name);
  return Math.max(exit, told);
}

/** Lets revisions be deployed again that a rollback left, and follows the sync that comes of it. */
export async function release(
  context: Context,
  name: string,
  revision: string | undefined,
  options: { async?: boolean; timeout?: string },
): Promise<number> {
  const body = revision === undefined ? {} : { revision };
  const accepted = await context.client.post<Accepted>(`${pathOf(name)}/release`, { body });
  if (options.async) return shown(context, accepted, "release");
  return followOperations(context, [accepted], options.timeout);
}

async function shown(context: Context, accepted: Accepted, what: string): Promise<number> {
  if (await context.showValue(accepted)) return 0;
  context.io.out(`application/${accepted.application} ${what} accepted as ${accepted.operation}\n`);
  return 0;
}

/** What became of the commit; the rollback itself has ended, and the commit came before its end. */
async function revertTold(context: Context, { application, operation }: Accepted): Promise<number> {
  const events = await context.client.list<EventView>(`${pathOf(application)}/events`);
  const told = events.findLast(({ type, data }) => type.startsWith("Revert") && data["operation"] === operation);
  if (told?.type !== "RevertPushed") {
    context.note(
      harmless(
        `No commit was pushed: ${typeof told?.data["message"] === "string" ? told.data["message"] : "the rollback did not succeed"}`,
      ),
    );
    return 10;
  }
  const { branch, commit, result, outside } = told.data as Record<string, unknown>;
  const done = result === "unchanged" ? "has this content already at" : "brings it back in Git with";
  context.note(harmless(`The branch ${String(branch)} ${done} commit ${String(commit).slice(0, 8)}.`));
  if (Array.isArray(outside) && outside.length > 0) {
    context.note(harmless(`Files outside its directory stay as they are, others may read them: ${outside.join(", ")}`));
  }
  return 0;
}

/** What keeps the application where it is now, so that nobody wonders why it is OutOfSync. */
async function remarks(context: Context, name: string): Promise<void> {
  const { status } = await context.client.get<ApplicationObject>(pathOf(name));
  for (const { revision } of status.excluded ?? []) {
    context.note(
      `${revision.slice(0, 8)} is not deployed again until a newer commit comes. Before: sluice app release ${name} ${revision.slice(0, 8)}`,
    );
  }
}
