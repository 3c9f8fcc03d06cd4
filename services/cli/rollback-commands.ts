import { choice, repeated, type SluiceCommand } from "./command.ts";
import type { Run } from "./program.ts";

/** How dependents go when what owns them is deleted, as kubectl has it. */
export const PROPAGATION = ["foreground", "background", "orphan"] as const;

const TIMEOUT = "--timeout <duration>";

/** The commands under `sluice app` that go back and forward, and that act on objects. */
export function addRollbackCommands(app: SluiceCommand, run: Run): void {
  const load = () => import("./commands/app-rollback.ts");
  app
    .sub("rollback <name> [id]", "go back to what an earlier operation deployed, with auto-sync on too")
    .option("--prune", "delete what was not there then, whatever the policy says")
    .option("--no-prune", "delete nothing, whatever the policy says")
    .option("--push-revert", "also push a commit that brings the earlier content back in Git")
    .option("--branch <branch>", "branch for that commit, made when there is none (the application's own)")
    .option("--async", "do not wait")
    .option(TIMEOUT, "how long to wait (15m); exit code 8 after that")
    .example("sluice app rollback web", "sluice app rollback web --push-revert --branch revert-web")
    .action((name: string, id: string | undefined, options: object) =>
      run(async (context) => (await load()).rollback(context, name, id, options)),
    );
  app
    .sub("release <name> [revision]", "let be deployed again what a rollback left, and sync")
    .option("--async", "do not wait")
    .option(TIMEOUT, "how long to wait (15m); exit code 8 after that")
    .example("sluice app release web")
    .action((name: string, revision: string | undefined, options: object) =>
      run(async (context) => (await load()).release(context, name, revision, options)),
    );
  app
    .sub("unpin <name>", "let it follow its spec again instead of what a promotion pinned")
    .option("--reason <text>", "why; it stands in the ledger")
    .example('sluice app unpin web --reason "taken out of the pipeline"')
    .action((name: string, options: { reason?: string }) =>
      run(async (context) => (await import("./commands/app-unpin.ts")).unpin(context, name, options)),
    );
  app
    .sub("delete <names...>", "delete applications together with what they own in the cluster")
    .option("--orphan", "leave in the cluster what they own, without a mark of ours on it")
    .option("--no-cascade", "only forget them, as when their cluster is gone")
    .addOption(choice("--propagation <policy>", "how dependents of their objects go", PROPAGATION))
    .option("--yes", "say yes to it; a terminal is asked instead")
    .option("--force", "also when others depend on them")
    .option("--no-wait", "do not wait until they are gone")
    .option(TIMEOUT, "how long to wait (15m)")
    .example("sluice app delete web", "sluice app delete web --orphan")
    .action((names: string[], options: object) =>
      run(async (context) => (await import("./commands/delete.ts")).remove(context, "application", names, options)),
    );
  addActions(app, run);
}

function addActions(app: SluiceCommand, run: Run): void {
  const load = () => import("./commands/app-actions.ts");
  const actions = app
    .sub("actions", "restart, scale, pause and the like, for the objects of an application")
    .example("sluice app actions list web");
  const chosen = (command: SluiceCommand): SluiceCommand =>
    command
      .option("--kind <kind>", "kind of the object")
      .option("--resource-name <name>", "name of the object")
      .option("-n, --namespace <namespace>", "namespace of the object, where the name is not enough")
      .option("--group <group>", "API group of the object, where the kind is not enough") as SluiceCommand;
  chosen(actions.sub("list <name>", "list what can be done with its objects now"))
    .example("sluice app actions list web", "sluice app actions list web --kind Deployment")
    .action((name: string, options: object) => run(async (context) => (await load()).list(context, name, options)));
  chosen(actions.sub("run <name> <action>", "do it to one object, and wait until it is done"))
    .addOption(repeated("--param <name=value>", "parameter of the action; may be repeated"))
    .option("--async", "do not wait")
    .option(TIMEOUT, "how long to wait (3m); exit code 8 after that")
    .example(
      "sluice app actions run web restart --kind Deployment --resource-name web",
      "sluice app actions run web scale --kind Deployment --resource-name web --param replicas=3",
    )
    .action((name: string, action: string, options: object) =>
      run(async (context) => (await load()).run(context, name, action, options)),
    );
}
