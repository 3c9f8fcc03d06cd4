import { repeated, type SluiceCommand } from "./command.ts";
import type { StageVerb } from "./commands/stage.ts";
import type { Run } from "./program.ts";

/** The commands under `sluice pipeline`, `sluice stage` and `sluice emergency`, and those of the line. */
export function addStageCommands(program: SluiceCommand, run: Run): void {
  addPipelines(program, run);
  addStages(program, run);
  addLine(program, run);
}

function addPipelines(program: SluiceCommand, run: Run): void {
  const load = () => import("./commands/pipeline.ts");
  const pipeline = program
    .sub("pipeline", "look at pipelines, and pause them")
    .example("sluice pipeline list", "sluice pipeline get shop");
  pipeline
    .sub("list", "list pipelines")
    .example("sluice pipeline list")
    .action(() => run(async (context) => (await load()).list(context)));
  pipeline
    .sub("get <pipeline>", "show its stages: what each runs, what moves, what holds")
    .example("sluice pipeline get shop", "sluice pipeline get shop -o wide")
    .action((name: string) => run(async (context) => (await load()).get(context, name)));
  pipeline
    .sub("pause <pipeline>", "let nothing begin to move into any of its stages")
    .requiredOption("--reason <text>", "why; it stands in the ledger")
    .example('sluice pipeline pause shop --reason "release freeze"')
    .action((name: string, { reason }: { reason: string }) =>
      run(async (context) =>
        (await import("./commands/stage.ts")).changeAll(context, "pause", { pipeline: name, reason }),
      ),
    );
  pipeline
    .sub("resume <pipeline>", "resume all of its stages that are paused")
    .example("sluice pipeline resume shop")
    .action((name: string) =>
      run(async (context) => (await import("./commands/stage.ts")).changeAll(context, "resume", { pipeline: name })),
    );
}

function addStages(program: SluiceCommand, run: Run): void {
  const stage = program
    .sub("stage", "go back in a stage, and say what may come there")
    .example("sluice stage rollback shop prod", "sluice why shop/prod");
  const changing = (verb: StageVerb) => (pipeline: string, name: string, more: object) =>
    run(async (context) =>
      (await import("./commands/stage.ts")).change(context, verb, { pipeline, stage: name, ...more }),
    );
  stage
    .sub(
      "rollback <pipeline> <stage> [release]",
      "go back with all its applications; to the last release that was verified there when none is named",
    )
    .addOption(
      repeated("--emergency <gates>", "gates to skip, with commas between, for those who may; leaves a record"),
    )
    .option("--reason <text>", "why gates are skipped; it stands in the ledger")
    .option("--no-hold", "let a newer release come by itself, without the stage being released")
    .option("--async", "do not wait")
    .option("--timeout <duration>", "how long to wait (15m); exit code 8 after that, and it goes on")
    .example("sluice stage rollback shop prod", "sluice stage rollback shop prod calm-fox --async")
    .action((pipeline: string, name: string, release: string | undefined, options: object) =>
      run(async (context) =>
        (await import("./commands/promote.ts")).rollback(context, [pipeline, name, release], options),
      ),
    );
  stage
    .sub("hold <pipeline> <stage>", "keep it at the release it runs: nothing automatic changes it")
    .option("--reason <text>", "why")
    .example("sluice stage hold shop prod")
    .action(changing("hold"));
  stage
    .sub("release <pipeline> <stage>", "let automatic promotions change a held stage again")
    .example("sluice stage release shop prod")
    .action((pipeline: string, name: string) => changing("release")(pipeline, name, {}));
  stage
    .sub("pause <pipeline> <stage>", "let nothing begin to move into it, by hand neither")
    .requiredOption("--reason <text>", "why; it stands in the ledger")
    .example('sluice stage pause shop prod --reason "database migration"')
    .action(changing("pause"));
  stage
    .sub("resume <pipeline> <stage>", "let promotions move into it again")
    .example("sluice stage resume shop prod")
    .action((pipeline: string, name: string) => changing("resume")(pipeline, name, {}));
  stage
    .sub("exclude <pipeline> <stage> <release>", "keep a release from coming there by itself")
    .example("sluice stage exclude shop prod brave-otter")
    .action((pipeline: string, name: string, release: string) => changing("exclude")(pipeline, name, { release }));
  stage
    .sub("readmit <pipeline> <stage> <release>", "let an excluded release come there by itself again")
    .example("sluice stage readmit shop prod brave-otter")
    .action((pipeline: string, name: string, release: string) => changing("readmit")(pipeline, name, { release }));
}

function addLine(program: SluiceCommand, run: Run): void {
  const load = () => import("./commands/line.ts");
  program
    .sub(
      "stop-the-line",
      "stop promotions everywhere, but rollbacks: nothing begins to move, and no further wave begins",
    )
    .requiredOption("--reason <text>", "why; everybody who waits is told")
    .example('sluice stop-the-line --reason "INC-42"')
    .action(({ reason }: { reason: string }) => run(async (context) => (await load()).stop(context, reason)));
  program
    .sub("resume-the-line", "let promotions go on")
    .example("sluice resume-the-line")
    .action(() => run(async (context) => (await load()).resume(context)));
  const emergency = program
    .sub("emergency", "look after the records of gates that were skipped")
    .example("sluice emergency list --open");
  emergency
    .sub("list", "list them, open ones first")
    .option("--open", "only those that nobody closed")
    .example("sluice emergency list", "sluice emergency list --open")
    .action((options: object) => run(async (context) => (await load()).emergencies(context, options)));
  emergency
    .sub("close <record>", "close one, with what was found and done")
    .requiredOption("--note <text>", "what was found, and what was done about it")
    .example('sluice emergency close emergency-1f2e3d4c5b6a --note "soak was right: INC-42 is fixed at its root"')
    .action((record: string, { note }: { note: string }) =>
      run(async (context) => (await load()).close(context, record, note)),
    );
}
