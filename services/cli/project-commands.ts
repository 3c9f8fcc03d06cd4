import type { SluiceCommand } from "./command.ts";
import type { Run } from "./program.ts";

/** The commands under `sluice proj`. */
export function addProjectCommands(program: SluiceCommand, run: Run): void {
  const project = program.sub("proj", "work with projects").alias("project") as SluiceCommand;
  project.example("sluice proj windows shop");
  project
    .sub("list", "list projects")
    .example("sluice proj list")
    .action(() => run(async (context) => (await import("./commands/get.ts")).get(context, "projects", [], {})));
  project
    .sub("windows <name>", "list its sync windows: which are open, and when each turns next")
    .example("sluice proj windows shop", "sluice proj windows shop -o json")
    .action((name: string) => run(async (context) => (await import("./commands/windows.ts")).windows(context, name)));
}
