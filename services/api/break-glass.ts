import { randomBytes, randomUUID } from "node:crypto";
import { applicationDecider } from "../../domain/application/decider.ts";
import type { ApplicationState } from "../../domain/application/state.ts";
import type { BreakGlassCommand } from "../../domain/break-glass/decide.ts";
import type { BreakGlass } from "../../schemas/api/drift-routes.ts";
import { durationMs } from "../../schemas/duration.ts";
import { SluiceError, toSluiceError } from "../../schemas/errors.ts";
import type { ApplicationEvent } from "../../schemas/events/index.ts";
import type { Actor } from "../../schemas/operation.ts";
import type { ApplicationView } from "../../schemas/views.ts";
import { createAsking } from "./ask.ts";
import { checkBranch } from "./branch.ts";
import type { Handlers } from "./call.ts";
import type { ApiPorts } from "./ports.ts";
import { notFound } from "./remove.ts";

type BreakGlassRoutes =
  | "listBreakGlasses"
  | "getBreakGlass"
  | "startBreakGlass"
  | "extendBreakGlass"
  | "endBreakGlass"
  | "diffBreakGlass"
  | "listOrphans";

const ATTEMPTS = 5;

/** Routes of break-glass, and of objects that no application owns. */
export function breakGlassHandlers(ports: ApiPorts, now: () => Date): Required<Pick<Handlers, BreakGlassRoutes>> {
  const { views } = ports;
  const { existing } = createAsking(ports, now);
  /** The command is in the ledger when this returns; who follows the ledger sees to the rest. */
  const execute = async (name: string, actor: Actor, command: BreakGlassCommand): Promise<BreakGlass> => {
    // An address takes more than names, and the ledger has no place for what is none.
    await existing(name);
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await executeOnce(ports, name, { actor, command, at: now().toISOString() });
      } catch (error) {
        if (toSluiceError(error).code !== "LedgerConflict" || attempt >= ATTEMPTS) throw error;
      }
    }
  };
  const inTime = (text: string) => {
    const at = now();
    return { at: at.toISOString(), until: new Date(at.getTime() + durationMs(text)).toISOString() };
  };

  return {
    listBreakGlasses: async () => ({
      items: views.list("applications").flatMap(({ value }) => shown(value) ?? []),
    }),
    getBreakGlass: async ({ params: { name } }) => {
      const found = shown(await existing(name));
      if (found) return found;
      throw new SluiceError("NotFound", `No break-glass of Application ${name} is on`, {
        next: `Start one with: sluice break-glass start ${name} --for 30m --reason "..."`,
      });
    },
    startBreakGlass: async ({ params: { name }, body, actor }) => {
      const { people, then, reason, branch } = body;
      checkBranch(branch);
      await existing(name);
      if (then === "Commit") await ports.breakGlass.checkCommit(name);
      const id = randomBytes(6).toString("hex");
      const more = { people, then, reason, by: actor, ...(branch !== undefined && { branch }) };
      return await execute(name, actor, { type: "StartBreakGlass", id, ...inTime(body.for), ...more });
    },
    extendBreakGlass: async ({ params: { name }, body, actor }) =>
      await execute(name, actor, { type: "ExtendBreakGlass", ...inTime(body.for), by: actor }),
    endBreakGlass: async ({ params: { name }, body: { then, branch }, actor }) => {
      checkBranch(branch);
      await existing(name);
      if (then === "Commit") await ports.breakGlass.checkCommit(name);
      const more = { ...(then !== undefined && { then }), ...(branch !== undefined && { branch }) };
      return await execute(name, actor, { type: "EndBreakGlass", at: now().toISOString(), by: actor, ...more });
    },
    diffBreakGlass: async ({ params: { name } }) => {
      await existing(name);
      return { application: name, ...(await ports.breakGlass.diff(name)) };
    },
    listOrphans: async ({ params: { name } }) => {
      await existing(name);
      return await ports.orphans(name);
    },
  };
}

const shown = ({ name, breakGlass }: ApplicationView): BreakGlass | undefined =>
  breakGlass && { application: name, ...breakGlass };

async function executeOnce(
  { aggregates, ledger, views }: Pick<ApiPorts, "aggregates" | "ledger" | "views">,
  name: string,
  { actor, command, at }: { actor: Actor; command: BreakGlassCommand; at: string },
): Promise<BreakGlass> {
  const { state, head } = await aggregates.load(applicationDecider, name);
  if (!state.configuration) throw notFound("Application", name);
  const events = applicationDecider.decide(command, state);
  const cause = `api/${randomUUID()}`;
  await ledger.appendAll([
    { ref: { type: "application", name }, expected: head, events, meta: { at, actor, cause, messageId: cause } },
  ]);
  return decided(events.reduce(applicationDecider.evolve, state), events, views.get("applications", name), name);
}

/** As the ledger has it now; the view, which is a moment behind, adds what was changed by hand. */
function decided(
  { breakGlass }: ApplicationState,
  events: readonly ApplicationEvent[],
  view: ApplicationView | undefined,
  application: string,
): BreakGlass {
  if (!breakGlass) throw new SluiceError("Internal", "the break-glass is gone");
  const { changed, managers: _, ended: isEnded, ...rest } = breakGlass;
  const end = events.find((event) => event.type === "BreakGlassEnded");
  const ended = end ? { why: end.data.why, by: end.data.by, at: end.data.at } : undefined;
  const { changes = changed.length, changed: listed = [] } = view?.breakGlass ?? {};
  return { application, ...rest, ...(isEnded && ended && { ended }), changes, changed: listed };
}
