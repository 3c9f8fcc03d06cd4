import { SluiceError } from "../../schemas/errors.ts";
import type { AccountEvent } from "../../schemas/events/index.ts";
import type { AccountSpec } from "../../schemas/kinds/account.ts";
import type { Actor } from "../../schemas/operation.ts";
import type { ConfigurationCommand } from "../configuration/configured.ts";
import { configurationEvents, configuredBy } from "../configuration/plain.ts";
import type { Decider } from "../decider.ts";
import { type AccountState, initialAccount, MOST_TOKENS } from "./state.ts";

/** A token was made, and only its digest comes here. */
interface IssueToken {
  type: "IssueToken";
  account: string;
  id: string;
  digest: string;
  by: Actor;
  /** RFC 3339. */
  at: string;
  expiresAt?: string;
  description?: string;
}

/** What can be asked of an account. Throws NotFound for one or a token that is not there, Conflict for too many. */
export type AccountCommand =
  | ConfigurationCommand<AccountSpec>
  | IssueToken
  | { type: "RevokeToken"; account: string; id: string; by: Actor };

/** The aggregate `account`: who may use the API, and digests of the tokens. */
export const accountDecider: Decider<AccountState, AccountCommand, AccountEvent> = {
  aggregate: "account",
  initial: initialAccount,
  evolve(state, event) {
    switch (event.type) {
      case "AccountTokenIssued": {
        const { id, digest, expiresAt } = event.data;
        return {
          ...state,
          tokens: { ...state.tokens, [id]: { digest, ...(expiresAt !== undefined && { expiresAt }) } },
        };
      }
      case "AccountTokenRevoked": {
        const { [event.data.id]: _, ...tokens } = state.tokens;
        return { ...state, tokens };
      }
      case "AccountDeleted":
        return initialAccount;
      case "AccountCreated":
      case "AccountUpdated":
        return { ...state, ...configuredBy<AccountSpec>("Account", event) };
    }
  },
  decide(command, state) {
    switch (command.type) {
      case "IssueToken":
        return issue(command, state);
      case "RevokeToken": {
        const { account, id, by } = command;
        if (!Object.hasOwn(state.tokens, id)) throw noToken(account, id);
        return [{ type: "AccountTokenRevoked", data: { id, by } }];
      }
      case "Configure":
      case "Remove":
        return configurationEvents("Account", command, state) as AccountEvent[];
    }
  },
};

function issue(command: IssueToken, { configuration, tokens }: AccountState): AccountEvent[] {
  const { account, id, digest, by, at, expiresAt, description } = command;
  if (!configuration) {
    throw new SluiceError("NotFound", `There is no Account ${account}`, {
      next: "List what there is with: sluice account list",
    });
  }
  const before = Object.hasOwn(tokens, id) ? tokens[id] : undefined;
  if (before?.digest === digest) return [];
  if (before) throw new SluiceError("Conflict", `Account ${account} has a token ${id} already`);
  const held = Object.values(tokens).filter(
    ({ expiresAt }) => expiresAt === undefined || Date.parse(at) < Date.parse(expiresAt),
  );
  if (held.length >= MOST_TOKENS) {
    throw new SluiceError("Conflict", `Account ${account} has ${MOST_TOKENS} tokens, and none more is issued`, {
      next: `Revoke one: sluice account list shows them, sluice account revoke ${account} ID takes one back.`,
    });
  }
  const more = { ...(expiresAt !== undefined && { expiresAt }), ...(description !== undefined && { description }) };
  return [{ type: "AccountTokenIssued", data: { id, digest, by, at, ...more } }];
}

const noToken = (account: string, id: string): SluiceError =>
  new SluiceError("NotFound", `Account ${account} has no token ${id}`, {
    next: "See those that hold with: sluice account list",
  });
