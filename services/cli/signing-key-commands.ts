import type { SluiceCommand } from "./command.ts";
import type { Run } from "./program.ts";

/** The commands under `sluice signing-key`. */
export function addSigningKeyCommands(program: SluiceCommand, run: Run): void {
  const load = () => import("./commands/signing-key.ts");
  const keys = program
    .sub("signing-key", "keys that commits of promotions are signed with")
    .example("sluice signing-key add release --file release.key", "sluice signing-key list");
  keys
    .sub("add <name>", "give a private key in OpenSSH's format, without a passphrase; the server seals it")
    .requiredOption("--file <path>", "the key's file, or - for standard input")
    .example("sluice signing-key add release --file release.key")
    .action((name: string, options: { file: string }) =>
      run(async (context) => (await load()).add(context, name, options)),
    );
  keys
    .sub("list", "list them, with their public halves for allowed_signers")
    .example("sluice signing-key list -o wide")
    .action(() => run(async (context) => (await load()).list(context)));
  keys
    .sub("remove <name>", "forget a key: what would be signed with it is refused from then on")
    .example("sluice signing-key remove release")
    .action((name: string) => run(async (context) => (await load()).remove(context, name)));
}
