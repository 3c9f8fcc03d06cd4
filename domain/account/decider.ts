import type { AccountEvent } from "../../schemas/events/index.ts";
import type { AccountSpec } from "../../schemas/kinds/account.ts";
import { plainDecider } from "../configuration/plain.ts";

/** The aggregate `account`: who may use the API, and digests of the tokens. */
export const accountDecider = plainDecider<AccountSpec, AccountEvent>("account", "Account");
