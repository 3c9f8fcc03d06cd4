import { PROVIDERS } from "../../schemas/providers.ts";
import { choice, type SluiceCommand } from "./command.ts";
import type { Run } from "./program.ts";

/** The commands that set up clusters and repositories, look at the ledger, and run the server. */
export function addSetupCommands(program: SluiceCommand, run: Run, version: string): void {
  addClusterCommands(program, run);
  addRepositoryCommands(program, run);
  addLedgerCommands(program, run);
  addProcessCommands(program, run, version);
}

function addClusterCommands(program: SluiceCommand, run: Run): void {
  const load = () => import("./commands/cluster.ts");
  const cluster = program.sub("cluster", "work with clusters").example("sluice cluster list");
  cluster
    .sub("add <name>", "register the cluster of a kubeconfig context under a name")
    .option("--context <context>", "context to read; the one called like the cluster, else the current one")
    .option("--kubeconfig <file>", "kubeconfig to read (KUBECONFIG, ~/.kube/config)")
    .option("--upsert", "change the Cluster where there is one")
    .option("--dry-run", "check and change nothing")
    .example("sluice cluster add staging", "sluice cluster add prod --context admin@prod --kubeconfig prod.yaml")
    .action((name: string, options: object) => run(async (own) => (await load()).add(own, name, options)));
  cluster
    .sub("list", "list clusters and whether they are reached")
    .example("sluice cluster list -o wide")
    .action(() => run(async (context) => (await load()).list(context)));
}

function addRepositoryCommands(program: SluiceCommand, run: Run): void {
  const load = () => import("./commands/repo.ts");
  const repo = program.sub("repo", "work with repositories").example("sluice repo list");
  repo
    .sub("add <url>", "register a repository with its credentials and webhook")
    .option("--name <name>", "name of the Repository; made of the address by default")
    .option("--prefix", "all repositories whose address begins with this one")
    .option("--username <name>", "user for HTTPS")
    .option("--password-stdin", "password or token for HTTPS from standard input")
    .option("--password-file <file>", "password or token for HTTPS (SLUICE_REPOSITORY_PASSWORD)")
    .option("--ssh-private-key-file <file>", "private key for SSH")
    .option("--ssh-known-hosts-file <file>", "known_hosts lines for SSH")
    .option("--github-app-id <id>", "id of a GitHub App")
    .option("--github-app-installation-id <id>", "its installation")
    .option("--github-app-key-file <file>", "its private key")
    .addOption(
      choice("--webhook <provider>", "take webhooks of a provider; a secret is made and shown once", PROVIDERS),
    )
    .option("--webhook-secret-file <file>", "the webhook's secret instead of a made one")
    .option("--poll-interval <duration>", "how often to look without webhooks (3m)")
    .option("--upsert", "change the Repository where there is one; what is not given stays")
    .option("--skip-check", "do not ask the address for its refs before")
    .option("--dry-run", "check and change nothing")
    .example(
      "sluice repo add https://github.com/acme/shop --webhook github",
      "sluice repo add https://git.example/acme --prefix --username bot --password-stdin < token",
    )
    .action((url: string, options: object) => run(async (context) => (await load()).add(context, url, options)));
  repo
    .sub("list", "list repositories and whether they could be read last")
    .example("sluice repo list")
    .action(() => run(async (context) => (await load()).list(context)));
}

function addLedgerCommands(program: SluiceCommand, run: Run): void {
  const load = () => import("./commands/ledger.ts");
  program
    .sub("events", "show what happened: events of the ledger, oldest first")
    .option("-f, --follow", "go on with those that come")
    .option("-a, --application <name>", "only those of an application")
    .option("-p, --pipeline <name>", "only those of a pipeline and its promotions")
    .option("--type <types>", "only of these types, with commas between")
    .option("--last <count>", "begin so many ledger messages before the end (50)")
    .option("--after <sequence>", "begin after a ledger sequence")
    .example("sluice events --follow", "sluice events -a web --type SyncSucceeded,SyncFailed --after 0")
    .action((options: object) =>
      run(async (context) => (await import("./commands/events.ts")).events(context, options)),
    );
  const ledger = program.sub("ledger", "look after the ledger").example("sluice ledger verify");
  ledger
    .sub("rebuild", "fold all views again from sequence 0 and compare them with those before")
    .example("sluice ledger rebuild")
    .action(() => run(async (context) => (await load()).rebuild(context)));
  ledger
    .sub("verify", "check the hash chain of every subject; exit code 11 when one is broken")
    .example("sluice ledger verify")
    .action(() => run(async (context) => (await load()).verify(context)));
}

function addProcessCommands(program: SluiceCommand, run: Run, version: string): void {
  program
    .sub(
      "why <subject>",
      "say what an application, a promotion, or a stage as PIPELINE/STAGE waits for or what failed, who can change it, and what to type next",
    )
    .example("sluice why web", "sluice why prod-1f2e3d4", "sluice why shop/prod -o json")
    .action((name: string) => run(async (context) => (await import("./commands/why.ts")).why(context, name)));
  program
    .sub("doctor", "check this machine and the server; exit code 9 when a check failed")
    .example("sluice doctor")
    .action(() => run(async (context) => (await import("./commands/doctor.ts")).doctor(context)));
  addForwarded(
    program,
    run,
    "server",
    "run the server: all services in one process, or some; its flags: sluice server --help",
  );
  addForwarded(
    program,
    run,
    "demo",
    "two clusters, a repository and three applications on this machine, to try everything",
  );
  program
    .sub(
      "completion <shell>",
      "print a script that completes commands, flags, and names of applications, pipelines, stages and promotions",
    )
    .example("source <(sluice completion bash)", "sluice completion fish > ~/.config/fish/completions/sluice.fish")
    .action((shell: string) =>
      run(async (context) => {
        const { completionScript, NAMES } = await import("./completion.ts");
        const of = NAMES.find((one) => one === shell);
        if (of !== undefined) return await (await import("./commands/names.ts")).names(context, of);
        context.io.out(completionScript(program, shell));
      }),
    );
  program
    .sub("version", "print the version of the CLI and of the server")
    .option("--client", "only the CLI's")
    .example("sluice version")
    .action((options: object) =>
      run(async (context) => (await import("./commands/version.ts")).version(context, version, options)),
    );
}

/** A command whose arguments are its own program's: they are handed over as they are. */
function addForwarded(program: SluiceCommand, run: Run, name: "server" | "demo", summary: string): void {
  program
    .sub(`${name} [arguments...]`, summary)
    .allowUnknownOption()
    .helpOption(false)
    .example(name === "server" ? "sluice server --data-dir /var/lib/sluice" : "sluice demo --once")
    .action((given: string[]) =>
      run(async ({ io }) =>
        (await import("./forward.ts")).forward(name, given, program.opts(), (text) => io.out(text)),
      ),
    );
}
