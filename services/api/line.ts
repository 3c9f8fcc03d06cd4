import { randomUUID } from "node:crypto";
import { type SystemCommand, systemDecider } from "../../domain/configuration/system.ts";
import type { Line } from "../../schemas/api/promotion-routes.ts";
import { toSluiceError } from "../../schemas/errors.ts";
import type { Actor } from "../../schemas/operation.ts";
import type { Handlers } from "./call.ts";
import type { ApiPorts } from "./ports.ts";

const SYSTEM = { type: "system", name: "sluice" } as const;
const ATTEMPTS = 5;

type Ports = Pick<ApiPorts, "aggregates" | "ledger">;

/** Routes that stop every promotion everywhere, and let them go on. */
export function lineHandlers(
  ports: Ports,
  now: () => Date,
): Required<Pick<Handlers, "getLine" | "stopTheLine" | "resumeTheLine">> {
  return {
    getLine: () => lineOf(ports),
    stopTheLine: ({ body: { reason }, actor }) => {
      const at = now().toISOString();
      return execute(ports, { actor, at }, { type: "StopLine", reason, by: actor, at });
    },
    resumeTheLine: ({ actor }) => {
      const at = now().toISOString();
      return execute(ports, { actor, at }, { type: "ResumeLine", by: actor, at });
    },
  };
}

/** Whether the line is stopped, as the ledger has it now. */
export async function lineOf({ aggregates }: Pick<Ports, "aggregates">): Promise<Line> {
  const { state } = await aggregates.load(systemDecider, SYSTEM.name);
  return state.line ? { stopped: true, ...state.line } : { stopped: false };
}

async function execute(
  ports: Ports,
  { actor, at }: { actor: Actor; at: string },
  command: SystemCommand,
): Promise<Line> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      const { state, head } = await ports.aggregates.load(systemDecider, SYSTEM.name);
      const events = systemDecider.decide(command, state);
      const cause = `api/${randomUUID()}`;
      const meta = { at, actor, cause, messageId: cause };
      const [after] =
        events.length === 0 ? [head] : await ports.ledger.appendAll([{ ref: SYSTEM, expected: head, events, meta }]);
      return { ...(await lineOf(ports)), sequence: after?.sequence ?? head.sequence };
    } catch (error) {
      if (toSluiceError(error).code !== "LedgerConflict" || attempt >= ATTEMPTS) throw error;
    }
  }
}
