import { choice, repeated, type SluiceCommand } from "./command.ts";
import type { Run } from "./program.ts";

const TIMEOUT = ["--timeout <duration>", "how long to wait (15m); exit code 8 after that, and it goes on"] as const;
const ASYNC = ["--async", "do not wait"] as const;

/** `sluice promote`, and the commands under `sluice promotion`. */
export function addPromotionCommands(program: SluiceCommand, run: Run): void {
  program
    .sub(
      "promote <pipeline> <stage> [release]",
      "bring a release into a stage through its gates, and follow it; the newest that the stages before verified and nobody excluded when none is named",
    )
    .addOption(
      repeated("--emergency <gates>", "gates to skip, with commas between, for those who may; leaves a record"),
    )
    .option("--reason <text>", "why gates are skipped; it stands in the ledger")
    .option("--dry-run", "show what it would change, and ask for nothing")
    .option(...ASYNC)
    .option(...TIMEOUT)
    .example(
      "sluice promote shop staging",
      "sluice promote shop prod --dry-run",
      "sluice promote shop prod brave-otter --timeout 2h",
      'sluice promote shop prod brave-otter --emergency soak,freeze --reason "INC-42: checkout is down"',
    )
    .action((pipeline: string, stage: string, release: string | undefined, options: object) =>
      run(async (context) =>
        (await import("./commands/promote.ts")).promote(context, [pipeline, stage, release], options),
      ),
    );
  const promotion = program
    .sub("promotion", "look at promotions, and steer one that is under way")
    .example("sluice promotion list shop", "sluice why prod-1f2e3d4");
  addLooking(promotion, run);
  addSteering(promotion, run);
}

function addLooking(promotion: SluiceCommand, run: Run): void {
  const load = () => import("./commands/promotion.ts");
  promotion
    .sub("list [pipeline]", "list promotions, newest first")
    .option("--stage <stage>", "only those into a stage of the pipeline")
    .option("--open", "only those that have not ended")
    .example("sluice promotion list", "sluice promotion list shop --stage prod", "sluice promotion list --open")
    .action((pipeline: string | undefined, options: object) =>
      run(async (context) => (await load()).list(context, pipeline, options)),
    );
  promotion
    .sub(
      "get <promotion>",
      "show one: its gates, waves, applications and verifications; the beginning of its id is enough",
    )
    .example("sluice promotion get prod-1f2e3d4", "sluice promotion get prod-1f2e3d4 -o json")
    .action((name: string) => run(async (context) => (await load()).get(context, name)));
  promotion
    .sub("diff <promotion>", "show what it changes in each application, object by object, and the commits between")
    .option("--exit-code", "exit with 1 when something changes")
    .example("sluice promotion diff prod-1f2e3d4", "sluice promotion diff prod-1f2e3d4 -o yaml")
    .action((name: string, options: object) => run(async (context) => (await load()).diff(context, name, options)));
  promotion
    .sub("wait <promotion>", "follow one until it has ended; its exit code tells how")
    .option(...TIMEOUT)
    .example("sluice promotion wait prod-1f2e3d4 --timeout 2h")
    .action((name: string, { timeout }: { timeout?: string }) =>
      run(async (context) => (await import("./follow-promotion.ts")).waitForPromotion(context, name, timeout)),
    );
}

function addSteering(promotion: SluiceCommand, run: Run): void {
  const load = () => import("./commands/promotion.ts");
  const steering = (verb: "abort" | "pause" | "resume") => (name: string, options: { reason?: string }) =>
    run(async (context) => (await load()).steer(context, verb, { name, ...options }));
  promotion
    .sub("abort <promotion>", "end it; what it leaves the stage in is recorded and shown")
    .option("--reason <text>", "why")
    .example("sluice promotion abort prod-1f2e3d4")
    .action(steering("abort"));
  promotion
    .sub("pause <promotion>", "stop it before its next step")
    .option("--reason <text>", "why")
    .example("sluice promotion pause prod-1f2e3d4")
    .action(steering("pause"));
  promotion
    .sub("resume <promotion>", "let a paused one go on")
    .example("sluice promotion resume prod-1f2e3d4")
    .action((name: string) => steering("resume")(name, {}));
  promotion
    .sub("judge <promotion>", "decide a verification that holds a promotion, or have it measured again")
    .addOption(
      choice("--verdict <verdict>", "what it comes to", ["successful", "failed", "again"]).makeOptionMandatory(),
    )
    .requiredOption("--reason <text>", "why; it stands in the ledger")
    .option("--run <id>", "which verification, where several wait")
    .example('sluice promotion judge prod-1f2e3d4 --verdict successful --reason "no traffic at night"')
    .action((name: string, options: { verdict: "successful" | "failed" | "again"; reason: string; run?: string }) =>
      run(async (context) => (await load()).judge(context, name, options)),
    );
}
