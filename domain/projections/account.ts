import type { RecordedEvent } from "../../schemas/events/index.ts";
import type { AccountView } from "../../schemas/promotion-views.ts";
import { foldPlain } from "./plain.ts";

/** The account after an event, undefined once it is deleted. */
export function foldAccount(before: AccountView | undefined, recorded: RecordedEvent): AccountView | undefined {
  const { event } = recorded;
  if (before && event.type === "AccountTokenIssued") {
    const others = before.tokens.filter(({ id }) => id !== event.data.id);
    return { ...before, tokens: [...others, event.data] };
  }
  if (before && event.type === "AccountTokenRevoked") {
    return { ...before, tokens: before.tokens.filter(({ id }) => id !== event.data.id) };
  }
  return foldPlain<AccountView["spec"], AccountView>("Account", before, recorded, { tokens: [] });
}
