import type { AccountSpec } from "../../schemas/kinds/account.ts";

/** Who decides: an account as gates see it. */
export interface Person {
  /** Name of the account. */
  name: string;
  groups: readonly string[];
  email?: string | undefined;
  /** Other names and addresses of its commits and webhooks. */
  aliases: readonly string[];
}

/** An account as gates see it; one that nobody described is in no group. */
export const personOf = (
  name: string,
  spec: Pick<AccountSpec, "groups" | "email" | "aliases"> | undefined,
): Person => ({
  name,
  groups: spec?.groups ?? [],
  aliases: spec?.aliases ?? [],
  ...(spec?.email !== undefined && { email: spec.email }),
});

const folded = (text: string): string => text.normalize("NFKC").trim().toLowerCase();

/** Whether any of these names or addresses is the person's: account, address or alias. Upper and lower case are one. */
export function isAmong({ name, email, aliases }: Person, names: readonly string[]): boolean {
  const own = new Set([name, ...(email === undefined ? [] : [email]), ...aliases].map(folded));
  return names.some((one) => own.has(folded(one)));
}
