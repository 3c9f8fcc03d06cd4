import { randomUUID } from "node:crypto";
import type { SecretCommand } from "../../domain/configuration/secret.ts";
import { systemDecider } from "../../domain/configuration/system.ts";
import { canonicalJson } from "../../domain/sync/canonical.ts";
import type { secretRoutes } from "../../schemas/api/secret-routes.ts";
import { SluiceError, toSluiceError } from "../../schemas/errors.ts";
import type { Actor } from "../../schemas/operation.ts";
import type { Handlers } from "./call.ts";
import type { ApiPorts } from "./ports.ts";

const SYSTEM = "sluice";
const ATTEMPTS = 5;

type Ports = Pick<ApiPorts, "aggregates" | "ledger" | "credentials" | "digest" | "inTurn">;

/** Routes of the secrets that verifications use: sealed beside the ledger, which holds their names and keyed digests. */
export function secretHandlers(ports: Ports, now: () => Date): Required<Pick<Handlers, keyof typeof secretRoutes>> {
  const secrets = async () => (await ports.aggregates.load(systemDecider, SYSTEM)).state.secrets ?? {};
  return {
    listSecrets: async () => ({
      items: Object.values(await secrets()).toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    }),
    giveSecret: async ({ params: { name }, body: { key, value }, actor }) =>
      // Two who give different keys of one secret at once would lose one of them.
      await ports.inTurn(async () => {
        const known = Object.hasOwn(await secrets(), name);
        const before = known ? await ports.credentials.get<Record<string, string>>("verification", name) : undefined;
        const values = { ...before, [key]: value };
        await ports.credentials.put("verification", name, values);
        const digest = ports.digest(canonicalJson(values));
        const told = { name, keys: Object.keys(values).toSorted(), digest, by: actor, at: now().toISOString() };
        await record(ports, { type: "GiveSecret", ...told }, actor);
        return (await secrets())[name] ?? told;
      }),
    removeSecret: async ({ params: { name }, actor }) => {
      const sequence = await record(ports, { type: "RemoveSecret", name, by: actor, at: now().toISOString() }, actor);
      await ports.credentials.delete("verification", name);
      return { name, sequence };
    },
  };
}

/** Records on the aggregate of the system, anew when another writer was first; the sequence at which it stands. */
async function record({ aggregates, ledger }: Ports, command: SecretCommand, actor: Actor): Promise<number> {
  const cause = `api/${randomUUID()}`;
  for (let attempt = 1; ; attempt += 1) {
    try {
      const { state, head } = await aggregates.load(systemDecider, SYSTEM);
      const events = systemDecider.decide(command, state);
      if (events.length === 0) return head.sequence;
      const meta = { at: command.at, actor, cause, messageId: cause };
      const ref = { type: systemDecider.aggregate, name: SYSTEM };
      const [after] = await ledger.appendAll([{ ref, expected: head, events, meta }]);
      if (!after) throw new SluiceError("Internal", "an append gave no sequence");
      return after.sequence;
    } catch (error) {
      if (toSluiceError(error).code !== "LedgerConflict" || attempt >= ATTEMPTS) throw error;
    }
  }
}
