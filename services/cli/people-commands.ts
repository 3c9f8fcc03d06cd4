import type { SluiceCommand } from "./command.ts";
import type { Run } from "./program.ts";

const GATE = ["--gate <name>", "which gate, where several ask"] as const;
const YES = ["-y, --yes", "do not ask before"] as const;

/** The commands of accounts, and of their yes and no. */
export function addPeopleCommands(program: SluiceCommand, run: Run): void {
  addDeciding(program, run);
  addAccounts(program, run);
  program
    .sub("whoami", "show whose token is used, its role and its groups")
    .example("sluice whoami")
    .action(() => run(async (context) => (await import("./commands/account.ts")).whoami(context)));
}

function addDeciding(program: SluiceCommand, run: Run): void {
  const load = () => import("./commands/approve.ts");
  program
    .sub(
      "approve [promotion]",
      "say yes to a promotion, for exactly the difference it shows; the only one that waits for an approval when none is named",
    )
    .option(...GATE)
    .option("-m, --comment <text>", "why; it stands in the ledger")
    .option(...YES)
    .example("sluice approve", 'sluice approve prod-1f2e3d4 -m "checked with support" --yes')
    .action((name: string | undefined, options: object) =>
      run(async (context) => (await load()).decide(context, "approve", { name, ...options })),
    );
  program
    .sub("reject [promotion]", "say no to a promotion: it ends, and the reason is on record")
    .requiredOption("-m, --reason <text>", "why; it stands in the ledger")
    .option(...GATE)
    .option(...YES)
    .example('sluice reject prod-1f2e3d4 --reason "the load test failed" --yes')
    .action((name: string | undefined, options: object) =>
      run(async (context) => (await load()).decide(context, "reject", { name, ...options })),
    );
  program
    .sub("approval-link", "links for chat and mail that one person decides with, once")
    .example("sluice approval-link create prod-1f2e3d4")
    .sub("create [promotion]", "make a link to a page with the difference and two buttons; it needs no token")
    .option("--for <account>", "who decides with it; yourself when absent, others only for administrators")
    .option(...GATE)
    .option("--expires-in <duration>", "how long it holds (24h)")
    .example("sluice approval-link create prod-1f2e3d4 --for ada --expires-in 2h")
    .action((name: string | undefined, options: object) =>
      run(async (context) => (await load()).createLink(context, { name, ...options })),
    );
}

function addAccounts(program: SluiceCommand, run: Run): void {
  const load = () => import("./commands/account.ts");
  const account = program
    .sub("account", "people and machines that may use the API, and their tokens")
    .example("sluice account list", "sluice account token ada --expires-in 2160h");
  account
    .sub("list [names...]", "list accounts with their roles, groups and tokens")
    .example("sluice account list", "sluice account list ada -o wide")
    .action((names: string[]) => run(async (context) => (await load()).list(context, names)));
  account
    .sub("token <name>", "make a token for an account, and print it this once")
    .option("--expires-in <duration>", "how long it is taken; until it is revoked when absent")
    .option("--description <text>", "what it is for, such as the machine that has it")
    .example("sluice account token ada --expires-in 2160h --description laptop", "sluice account token ci > ci.token")
    .action((name: string, options: object) => run(async (context) => (await load()).token(context, name, options)));
  account
    .sub("revoke <name> <id>", "take a token back: nothing is done with it from now on")
    .example("sluice account revoke ada 3f9c1a2b4d")
    .action((name: string, id: string) => run(async (context) => (await load()).revoke(context, name, id)));
}
