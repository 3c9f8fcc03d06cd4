import { randomUUID } from "node:crypto";
import { type AccountCommand, accountDecider } from "../../domain/account/decider.ts";
import type { accountRoutes } from "../../schemas/api/account-routes.ts";
import { durationMs } from "../../schemas/duration.ts";
import { toSluiceError } from "../../schemas/errors.ts";
import type { Actor } from "../../schemas/operation.ts";
import { newToken } from "./authenticate.ts";
import type { Handlers } from "./call.ts";
import type { ApiPorts } from "./ports.ts";

const ATTEMPTS = 5;

/** Routes of accounts beside their configuration: tokens, and who asks. */
export function accountHandlers(
  ports: Pick<ApiPorts, "aggregates" | "ledger" | "projector">,
  now: () => Date,
): Required<Pick<Handlers, keyof typeof accountRoutes>> {
  const execute = async (name: string, actor: Actor, command: AccountCommand): Promise<number> => {
    for (let attempt = 1; ; attempt += 1) {
      try {
        const sequence = await executeOnce(ports, name, { actor, command, at: now().toISOString() });
        // What was taken back is taken no more, and what was made is taken, once this is answered.
        await ports.projector.reached(sequence);
        return sequence;
      } catch (error) {
        if (toSluiceError(error).code !== "LedgerConflict" || attempt >= ATTEMPTS) throw error;
      }
    }
  };
  return {
    issueToken: async ({ params: { name }, body: { expiresIn, description }, actor }) => {
      const { id, token, digest } = newToken(name);
      const at = now();
      const ends = expiresIn === undefined ? undefined : at.getTime() + durationMs(expiresIn);
      const more = {
        ...(ends !== undefined && { expiresAt: new Date(ends).toISOString() }),
        ...(description !== undefined && { description }),
      };
      const command = {
        type: "IssueToken",
        account: name,
        id,
        digest,
        by: actor,
        at: at.toISOString(),
        ...more,
      } as const;
      const sequence = await execute(name, actor, command);
      return { account: name, id, token, sequence, ...more };
    },
    revokeToken: async ({ params: { name, id }, actor }) => ({
      account: name,
      id,
      sequence: await execute(name, actor, { type: "RevokeToken", account: name, id, by: actor }),
    }),
    whoami: async ({ caller }) => caller,
  };
}

async function executeOnce(
  { aggregates, ledger }: Pick<ApiPorts, "aggregates" | "ledger">,
  name: string,
  { actor, command, at }: { actor: Actor; command: AccountCommand; at: string },
): Promise<number> {
  const { state, head } = await aggregates.load(accountDecider, name);
  const events = accountDecider.decide(command, state);
  if (events.length === 0) return head.sequence;
  const cause = `api/${randomUUID()}`;
  const meta = { at, actor, cause, messageId: cause };
  const [after] = await ledger.appendAll([{ ref: { type: "account", name }, expected: head, events, meta }]);
  return after?.sequence ?? head.sequence;
}
