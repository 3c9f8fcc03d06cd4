import type { RecordedEvent } from "../../schemas/events/index.ts";
import type { AccountView } from "../../schemas/promotion-views.ts";
import { foldPlain } from "./plain.ts";

/** The account after an event, undefined once it is deleted. */
export function foldAccount(before: AccountView | undefined, recorded: RecordedEvent): AccountView | undefined {
  return foldPlain<AccountView["spec"], AccountView>("Account", before, recorded, { tokens: [] });
}
