import type { z } from "zod";
import type { IssuedToken, RevokedToken, WhoAmI } from "../../../schemas/api/account-routes.ts";
import type { AccountObject } from "../../../schemas/api/promotion-objects.ts";
import type { Context, Shown } from "../context.ts";
import { harmless } from "../table.ts";

type Account = z.output<typeof AccountObject>;

const pathOf = (name: string): string => `/accounts/${encodeURIComponent(name.replace(/^account\//, ""))}`;

/** A token of an account as it is listed. */
interface TokenRow {
  account: Account;
  token?: Account["status"]["tokens"][number];
}

/** Lists accounts, each with its tokens. */
export async function list(context: Context, names: readonly string[]): Promise<void> {
  const { client } = context;
  const items =
    names.length === 0
      ? await client.list<Account>("/accounts")
      : await Promise.all(names.map((name) => client.get<Account>(pathOf(name))));
  if (await context.showValue({ items })) return;
  const rows = items.flatMap((account): TokenRow[] => {
    const { tokens } = account.status;
    return tokens.length === 0 ? [{ account }] : tokens.map((token) => ({ account, token }));
  });
  await context.show(rows, ROWS);
}

const ROWS: Shown<TokenRow> = {
  columns: [
    { heading: "NAME", cell: ({ account }) => account.metadata.name },
    { heading: "ROLE", cell: ({ account: { spec } }) => (spec.disabled ? `${spec.role} (disabled)` : spec.role) },
    { heading: "GROUPS", cell: ({ account }) => account.spec.groups.join(", ") },
    { heading: "TOKEN", cell: ({ token }) => token?.id ?? "" },
    { heading: "EXPIRES", cell: ({ token }) => (token ? (token.expiresAt ?? "never") : "") },
    { heading: "FOR", cell: ({ token }) => token?.description ?? "" },
    { heading: "ISSUED", cell: ({ token }) => (token ? `${token.at} by ${token.by.name}` : ""), wide: true },
    { heading: "EMAIL", cell: ({ account }) => account.spec.email ?? "", wide: true },
  ],
  name: ({ account }) => `account/${account.metadata.name}`,
  empty: "There are no accounts yet. Describe one in a file and apply it with: sluice apply -f account.yaml",
};

/** Makes a token and prints it alone, so that it can be put where it belongs. */
export async function token(
  context: Context,
  name: string,
  { expiresIn, description }: { expiresIn?: string; description?: string },
): Promise<void> {
  const body = { ...(expiresIn !== undefined && { expiresIn }), ...(description !== undefined && { description }) };
  const issued = await context.client.post<IssuedToken>(`${pathOf(name)}/tokens`, { body });
  if (await context.showValue(issued)) return;
  const { account, id, expiresAt } = issued;
  context.note(
    `Token ${id} of account/${account}, ${expiresAt === undefined ? "until it is revoked" : `until ${expiresAt}`}.`,
  );
  context.note(`It is shown this once. Take it back with: sluice account revoke ${account} ${id}`);
  context.io.out(`${issued.token}\n`);
}

/** Takes a token back. */
export async function revoke(context: Context, name: string, id: string): Promise<void> {
  const revoked = await context.client.delete<RevokedToken>(`${pathOf(name)}/tokens/${encodeURIComponent(id)}`);
  if (await context.showValue(revoked)) return;
  context.io.out(`account/${revoked.account}: token ${revoked.id} is taken no more\n`);
}

/** Shows whose token is used. */
export async function whoami(context: Context): Promise<void> {
  const who = await context.client.get<WhoAmI>("/whoami");
  if (await context.showValue(who)) return;
  const { account, role, groups, token: used } = who;
  const own = used
    ? `token ${used.id}, ${used.expiresAt === undefined ? "until it is revoked" : `until ${used.expiresAt}`}`
    : "the server's own token";
  const lines = [
    ["Account", account],
    ["Role", role],
    ["Groups", groups.join(", ") || "none"],
    ["Token", own],
  ] as const;
  context.io.out(lines.map(([label, value]) => `${`${label}:`.padEnd(10)}${harmless(value)}\n`).join(""));
}
