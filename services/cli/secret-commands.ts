import type { SluiceCommand } from "./command.ts";
import type { Run } from "./program.ts";

/** The commands under `sluice secret`. */
export function addSecretCommands(program: SluiceCommand, run: Run): void {
  const load = () => import("./commands/secret.ts");
  const secrets = program
    .sub("secret", "secrets that verifications use, sealed by the server")
    .example("sluice secret set api token --file token.txt", "sluice secret list");
  secrets
    .sub("set <name> <key>", "give one value of a secret, out of a file or standard input; the server seals it")
    .requiredOption("--file <path>", "the value's file, or - for standard input; one newline at its end is left out")
    .example("sluice secret set api token --file token.txt")
    .action((name: string, key: string, options: { file: string }) =>
      run(async (context) => (await load()).set(context, { name, key, ...options })),
    );
  secrets
    .sub("list", "list them, with their keys")
    .example("sluice secret list")
    .action(() => run(async (context) => (await load()).list(context)));
  secrets
    .sub("remove <name>", "forget a secret: what is measured with it is an error from then on")
    .example("sluice secret remove api")
    .action((name: string) => run(async (context) => (await load()).remove(context, name)));
}
