import type { AccountSpec } from "../../schemas/kinds/account.ts";
import type { Finding } from "../configuration/references.ts";
import { OWN_ACCOUNT, SLUICE } from "./state.ts";

/**
 * What is wrong with an account beside the others: one address or alias of two accounts would be one person with two votes, and the server's
 * own account can't be less than admin, or nobody could be let in any more.
 */
export function checkAccount(name: string, spec: AccountSpec, others: ReadonlyMap<string, AccountSpec>): Finding[] {
  return [...checkOwnAccount(name, spec), ...checkIdentity(name, spec, others)];
}

function checkOwnAccount(name: string, { role, disabled }: AccountSpec): Finding[] {
  if (name === SLUICE) {
    return [
      { path: "metadata.name", message: `${SLUICE} is the name that Sluice itself acts under`, next: "Take another." },
    ];
  }
  if (name !== OWN_ACCOUNT) return [];
  const next = "Describe its groups, email and aliases only, or take another name.";
  return [
    ...(role === "admin"
      ? []
      : [{ path: "spec.role", message: `the account ${OWN_ACCOUNT} has the role admin`, next }]),
    ...(disabled ? [{ path: "spec.disabled", message: `the account ${OWN_ACCOUNT} can't be disabled`, next }] : []),
  ];
}

const folded = (text: string): string => text.normalize("NFKC").trim().toLowerCase();

function checkIdentity(name: string, spec: AccountSpec, others: ReadonlyMap<string, AccountSpec>): Finding[] {
  const owners = new Map<string, string>();
  for (const [other, { email, aliases }] of others) {
    if (other === name) continue;
    for (const text of [other, ...(email === undefined ? [] : [email]), ...aliases]) owners.set(folded(text), other);
  }
  const own = [
    ...(spec.email === undefined ? [] : [{ path: "spec.email", text: spec.email }]),
    ...spec.aliases.map((text, index) => ({ path: `spec.aliases.${index}`, text })),
  ];
  return own.flatMap(({ path, text }) => {
    const owner = owners.get(folded(text));
    const next = "One person is one account: gates count people by their accounts.";
    return owner === undefined ? [] : [{ path, message: `${text} is the account ${owner}'s`, next }];
  });
}
