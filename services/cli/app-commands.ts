import type { SluiceCommand } from "./command.ts";
import type { Run } from "./program.ts";
import { addRollbackCommands } from "./rollback-commands.ts";
import { addSyncFlags } from "./sync-options.ts";

const SELECTOR = ["-l, --selector <label>", "applications with a label, as key=value or key"] as const;
const LOCAL = [
  "--local <path>",
  "in place of the source: its directory, a file of manifests, or - for standard input",
] as const;
const LOCAL_ROOT = [
  "--local-repo-root <dir>",
  "directory around --local that stands for the repository's root; itself when absent",
] as const;
const TIMEOUT = ["--timeout <duration>", "how long to wait (15m); exit code 8 after that"] as const;

/** The commands under `sluice app`. */
export function addAppCommands(program: SluiceCommand, run: Run): void {
  const app = program.sub("app", "work with applications").example("sluice app list", "sluice app sync web");
  addLooking(app, run);
  addOperating(app, run);
  addRollbackCommands(app, run);
}

function addLooking(app: SluiceCommand, run: Run): void {
  const load = () => import("./commands/app.ts");
  app
    .sub("list", "list applications with their sync and health")
    .option(...SELECTOR)
    .option("--project <name>", "only those of a project")
    .option("--cluster <name>", "only those on a cluster")
    .example("sluice app list", "sluice app list -o wide -l team=shop")
    .action((options: object) => run(async (context) => (await load()).list(context, options)));
  app
    .sub("get <name>", "show one application: where it stands and what it waits for")
    .example("sluice app get web", "sluice app get web -o json")
    .action((name: string) => run(async (context) => (await load()).get(context, name)));
  app
    .sub("history <name>", "list its operations, newest first")
    .example("sluice app history web")
    .action((name: string) => run(async (context) => (await load()).history(context, name)));
  app
    .sub("resources <name>", "list the objects it owns, with sync and health of each")
    .option("--orphaned", "those in its namespaces that no application owns, instead")
    .example("sluice app resources web -o wide", "sluice app resources web --orphaned")
    .action((name: string, options: object) =>
      run(async (context) => (await load()).resources(context, name, options)),
    );
  app
    .sub("manifests <name>", "print what was deployed last, as rendered")
    .example("sluice app manifests web")
    .action((name: string) => run(async (context) => (await load()).manifests(context, name)));
  app
    .sub("diff <name>", "show what a sync would change: live against desired")
    .option("--revision <revision>", "another revision than the application's own")
    .option(...LOCAL)
    .option(...LOCAL_ROOT)
    .option("--exit-code", "exit with 1 when something differs; then an error is never 1")
    .example(
      "sluice app diff web",
      "sluice app diff web --revision v1.4.0 --exit-code",
      "sluice app diff web --local apps/web --local-repo-root .",
      "kustomize build apps/web | sluice app diff web --local -",
    )
    .action((name: string, options: object) =>
      run(async (context) => (await import("./commands/app-diff.ts")).diff(context, name, options)),
    );
}

function addOperating(app: SluiceCommand, run: Run): void {
  const load = () => import("./commands/app.ts");
  addSyncFlags(app.sub("sync [names...]", "make applications as they should be, and wait for the end"))
    .option(...LOCAL)
    .option(...LOCAL_ROOT)
    .option("--async", "do not wait")
    .option("--all", "all applications")
    .option(...SELECTOR)
    .option(...TIMEOUT)
    .example(
      "sluice app sync web",
      "sluice app sync web --revision v1.4.0 --dry-run",
      "sluice app sync web --resource apps:Deployment:web",
      "sluice app sync -l team=shop --async",
    )
    .action((names: string[], options: object) => run(async (context) => (await load()).sync(context, names, options)));
  app
    .sub("wait [names...]", "wait until applications are synced and healthy and nothing runs")
    .option("--sync", "only for synced")
    .option("--health", "only for healthy")
    .option("--operation", "only for no operation running")
    .option("--all", "all applications")
    .option(...SELECTOR)
    .option(...TIMEOUT)
    .example("sluice app wait web --timeout 5m", "sluice app wait --all --health")
    .action((names: string[], options: object) =>
      run(async (context) => (await import("./commands/app-wait.ts")).wait(context, names, options)),
    );
  app
    .sub("refresh [names...]", "look at Git and the cluster now; automated applications are synced to what is new")
    .option("--async", "do not wait")
    .option("--all", "all applications")
    .option(...SELECTOR)
    .option(...TIMEOUT)
    .example("sluice app refresh web")
    .action((names: string[], options: object) =>
      run(async (context) => (await load()).refresh(context, names, options)),
    );
  app
    .sub("confirm <name>", "say yes to the deletions that its running operation waits with")
    .option("--operation <id>", "only if it is this one")
    .example("sluice app confirm web")
    .action((name: string, options: object) =>
      run(async (context) => (await import("./commands/app-confirm.ts")).confirm(context, name, options)),
    );
  app
    .sub("terminate <name>", "end its running operation")
    .option("--operation <id>", "only if it is this one")
    .example("sluice app terminate web")
    .action((name: string, options: object) =>
      run(async (context) => (await load()).terminate(context, name, options)),
    );
}
