import type { SluiceCommand } from "./command.ts";
import type { Run } from "./program.ts";

/** The command `sluice dora`. */
export function addDoraCommand(program: SluiceCommand, run: Run): void {
  program
    .sub("dora [pipeline]", "DORA's four key metrics of pipelines: lead time, frequency, failures, time to restore")
    .option("--days <days>", "how many days back", "30")
    .example("sluice dora", "sluice dora shop --days 90 -o json")
    .action((pipeline: string | undefined, options: { days: string }) =>
      run(async (context) => (await import("./commands/dora.ts")).dora(context, pipeline, options)),
    );
}
