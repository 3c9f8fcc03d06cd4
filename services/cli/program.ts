import { addAppCommands } from "./app-commands.ts";
import { addBreakGlassCommands } from "./break-glass-commands.ts";
import { choice, repeated, SluiceCommand } from "./command.ts";
import { addDoraCommand } from "./dora-commands.ts";
import { addNotificationCommands } from "./notification-commands.ts";
import { addPeopleCommands } from "./people-commands.ts";
import { addProjectCommands } from "./project-commands.ts";
import { type Context, createContext, usage } from "./context.ts";
import type { GlobalOptions } from "./connection.ts";
import { type Io, OUTPUTS } from "./io.ts";
import { PROPAGATION } from "./rollback-commands.ts";
import { addPromotionCommands } from "./promotion-commands.ts";
import { addReleaseCommands } from "./release-commands.ts";
import { addSetupCommands } from "./setup-commands.ts";
import { addSecretCommands } from "./secret-commands.ts";
import { addSigningKeyCommands } from "./signing-key-commands.ts";
import { addStageCommands } from "./stage-commands.ts";

/** Runs a command in its context; what it returns is the exit code, nothing is 0. */
export type Run = (run: (context: Context) => Promise<number | void>) => Promise<void>;

/** What the program needs of who starts it. */
export interface ProgramOptions {
  version: string;
  io: (noColor: boolean) => Io;
  /** Takes the exit code of the command that ran. */
  exit(code: number): void;
}

/** The whole command line: a tree of commands whose work is loaded only when one of them runs. */
export function createProgram({ version, io, exit }: ProgramOptions): SluiceCommand {
  const program = new SluiceCommand("sluice");
  const run: Run = async (work) => {
    const options = program.opts<GlobalOptions>();
    exit((await work(createContext(io(options.color === false), options))) ?? 0);
  };
  program
    .description("GitOps reconciliation with a ledger: what is in Git is what runs, and every step of it is on record.")
    .version(version, "-V, --version", "print the version")
    .option("--server <url>", "address of the server (SLUICE_SERVER)")
    .option("--token <token>", "bearer token; better in SLUICE_TOKEN or a file, others can see a flag")
    .option("--token-file <file>", "file that holds the bearer token (SLUICE_TOKEN_FILE)")
    .option("--data-dir <dir>", "data directory of a server on this machine (SLUICE_DATA_DIR)")
    .addOption(choice("-o, --output <form>", "output form", OUTPUTS))
    .option("--no-color", "no colours (NO_COLOR)")
    .option("-q, --quiet", "no progress and no remarks")
    .helpOption("-h, --help", "show help")
    .helpCommand(false)
    .showHelpAfterError("Run it with --help to see what it takes.")
    .example(
      "sluice demo",
      "sluice apply -f apps/",
      "sluice app list",
      "sluice app sync web",
      "sluice events --follow",
    );
  addConfigurationCommands(program, run);
  addAppCommands(program, run);
  addProjectCommands(program, run);
  addPromotionCommands(program, run);
  addStageCommands(program, run);
  addReleaseCommands(program, run);
  addDoraCommand(program, run);
  addNotificationCommands(program, run);
  addPeopleCommands(program, run);
  addSigningKeyCommands(program, run);
  addSecretCommands(program, run);
  addBreakGlassCommands(program, run);
  addSetupCommands(program, run, version);
  program
    .sub("help [commands...]", "show help for a command")
    .example("sluice help apply", "sluice help app sync")
    .action((names: string[]) => helpOf(program, names).outputHelp());
  return program;
}

/** The command that words name, one under another. Throws Usage where there is none of such a name. */
function helpOf(program: SluiceCommand, names: readonly string[]): SluiceCommand {
  return names.reduce((command, name) => {
    const found = command.commands.find((one) => one.name() === name || one.aliases().includes(name));
    if (found) return found as SluiceCommand;
    throw usage(`There is no command ${name} in ${command.name()}`, "See those there are with: sluice help");
  }, program);
}

function addConfigurationCommands(program: SluiceCommand, run: Run): void {
  program
    .sub("apply", "create or change objects: all that is given, or nothing")
    .addOption(repeated("-f, --filename <file>", "file, directory, or - for standard input; may be repeated"))
    .option("-R, --recursive", "look into subdirectories too")
    .option("--dry-run", "check everything and change nothing")
    .example(
      "sluice apply -f web.yaml",
      "sluice apply -R -f configuration/ --dry-run",
      "cat web.yaml | sluice apply -f -",
    )
    .action((options: object) => run(async (context) => (await import("./commands/apply.ts")).apply(context, options)));
  program
    .sub("get <kind> [names...]", "show objects of a kind, such as application, pipeline or account; or deliveries")
    .option("-l, --selector <label>", "applications with a label, as key=value or key")
    .example(
      "sluice get applications",
      "sluice get app web -o yaml",
      "sluice get cluster/prod",
      "sluice get deliveries",
    )
    .action((kind: string, names: string[], options: object) =>
      run(async (context) => (await import("./commands/get.ts")).get(context, kind, names, options)),
    );
  program
    .sub("delete [kind] [names...]", "delete objects; an application together with what it owns in the cluster")
    .addOption(repeated("-f, --filename <file>", "delete what a file, directory or - names; may be repeated"))
    .option("-R, --recursive", "look into subdirectories too")
    .option("--orphan", "leave in the cluster what an application owns, without a mark of ours on it")
    .option("--no-cascade", "only forget an application, as when its cluster is gone")
    .addOption(choice("--propagation <policy>", "how dependents of its objects go", PROPAGATION))
    .option("--yes", "say yes to the deletion of what an application owns; a terminal is asked instead")
    .option("--force", "also an application that others depend on")
    .option("--no-wait", "do not wait until it is gone")
    .option("--timeout <duration>", "how long to wait (15m)")
    .example("sluice delete app web --yes", "sluice delete app web --orphan", "sluice delete -f web.yaml")
    .action((kind: string | undefined, names: string[], options: object) =>
      run(async (context) => (await import("./commands/delete.ts")).remove(context, kind, names, options)),
    );
}
