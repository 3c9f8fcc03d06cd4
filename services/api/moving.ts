import { randomUUID } from "node:crypto";
import { fingerprintOf, parseSshKey, publicKeyOf } from "../../adapters/git/ssh-key.ts";
import { applicationDecider } from "../../domain/application/decider.ts";
import type { SigningKeyCommand } from "../../domain/configuration/signing-key.ts";
import { systemDecider } from "../../domain/configuration/system.ts";
import type { Decider } from "../../domain/decider.ts";
import type { movingRoutes } from "../../schemas/api/moving-routes.ts";
import { SluiceError, toSluiceError } from "../../schemas/errors.ts";
import type { DomainEvent } from "../../schemas/events/index.ts";
import type { Actor } from "../../schemas/operation.ts";
import { createAsking } from "./ask.ts";
import type { Handlers } from "./call.ts";
import type { ApiPorts } from "./ports.ts";

const SYSTEM = "sluice";
const ATTEMPTS = 5;

/** Routes that take pins back, and those of signing keys. */
export function movingHandlers(ports: ApiPorts, now: () => Date): Required<Pick<Handlers, keyof typeof movingRoutes>> {
  const { existing } = createAsking(ports, now);
  const onSystem = (actor: Actor, command: SigningKeyCommand) =>
    execute(ports, { decider: systemDecider, name: SYSTEM, command, actor, at: now().toISOString() });
  const keys = async () => (await ports.aggregates.load(systemDecider, SYSTEM)).state.signingKeys ?? {};

  return {
    unpin: async ({ params: { name }, body: { reason = "by hand" }, actor }) => {
      await existing(name);
      const command = { type: "UnpinRevision", by: actor, reason } as const;
      const at = now().toISOString();
      const done = await execute(ports, { decider: applicationDecider, name, command, actor, at });
      await ports.projector.reached(done.sequence);
      return { application: name, unpinned: done.events > 0, sequence: done.sequence };
    },
    listSigningKeys: async () => ({
      items: Object.values(await keys()).toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    }),
    addSigningKey: async ({ params: { name }, body: { privateKey }, actor }) => {
      const key = parseSshKey(privateKey);
      const at = now().toISOString();
      // Sealed before it is told of: a key that is listed can sign.
      await ports.credentials.put("signing-key", name, { privateKey });
      const told = { name, publicKey: publicKeyOf(key), fingerprint: fingerprintOf(key), by: actor, at };
      await onSystem(actor, { type: "AddSigningKey", ...told });
      return (await keys())[name] ?? told;
    },
    removeSigningKey: async ({ params: { name }, actor }) => {
      const { sequence } = await onSystem(actor, {
        type: "RemoveSigningKey",
        ...{ name, by: actor, at: now().toISOString() },
      });
      await ports.credentials.delete("signing-key", name);
      return { name, sequence };
    },
  };
}

/** Loads, decides and appends, anew when another writer was first. */
async function execute<State, Command, Event extends DomainEvent>(
  { aggregates, ledger }: Pick<ApiPorts, "aggregates" | "ledger">,
  of: { decider: Decider<State, Command, Event>; name: string; command: Command; actor: Actor; at: string },
): Promise<{ sequence: number; events: number }> {
  const { decider, name, command, actor, at } = of;
  const cause = `api/${randomUUID()}`;
  for (let attempt = 1; ; attempt += 1) {
    try {
      const { state, head } = await aggregates.load(decider, name);
      const events = decider.decide(command, state);
      if (events.length === 0) return { sequence: head.sequence, events: 0 };
      const ref = { type: decider.aggregate, name };
      const meta = { at, actor, cause, messageId: cause };
      const [after] = await ledger.appendAll([{ ref, expected: head, events, meta }]);
      if (!after) throw new SluiceError("Internal", "an append gave no sequence");
      return { sequence: after.sequence, events: events.length };
    } catch (error) {
      if (toSluiceError(error).code !== "LedgerConflict" || attempt >= ATTEMPTS) throw error;
    }
  }
}
