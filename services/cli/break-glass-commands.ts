import { choice, repeated, type SluiceCommand } from "./command.ts";
import type { Run } from "./program.ts";

const THEN = ["put-back", "commit"] as const;
const thenOption = (meaning: string) => choice("--then <what>", meaning, THEN);
const BRANCH = ["--branch <name>", "branch that the difference is committed to; made when there is none"] as const;

/** The commands under `sluice break-glass`. */
export function addBreakGlassCommands(program: SluiceCommand, run: Run): void {
  const load = () => import("./commands/break-glass.ts");
  const breakGlass = program
    .sub("break-glass", "suspend self-heal for a while, so that a cluster can be changed by hand")
    .example('sluice break-glass start web --for 30m --reason "database is full"', "sluice break-glass list");
  breakGlass
    .sub(
      "start <application>",
      "suspend self-heal; changes by hand of what is in Git are recorded, and it ends by itself",
    )
    .requiredOption("--for <duration>", "how long, such as 30m; up to 24h")
    .requiredOption("--reason <text>", "why; it stands in the ledger")
    .addOption(repeated("--person <name>", "who may sync by hand meanwhile; may be repeated, everybody without"))
    .addOption(thenOption("what becomes of the difference at the end (put-back)"))
    .option(...BRANCH)
    .example(
      'sluice break-glass start web --for 30m --reason "incident 42" --person ada',
      'sluice break-glass start web --for 2h --reason "hot fix" --then commit --branch hotfix/web',
    )
    .action((name: string, options: object) => run(async (context) => (await load()).start(context, name, options)));
  breakGlass
    .sub("extend <application>", "let it end at another time, counted from now")
    .requiredOption("--for <duration>", "how long from now; up to 24h")
    .example("sluice break-glass extend web --for 1h")
    .action((name: string, options: object) => run(async (context) => (await load()).extend(context, name, options)));
  breakGlass
    .sub(
      "end <application>",
      "end it now, and put back or commit what was changed by hand; what was only added is listed and stays",
    )
    .addOption(thenOption("what becomes of the difference, in place of what was said at the start"))
    .option(...BRANCH)
    .example("sluice break-glass end web", "sluice break-glass end web --then commit --branch hotfix/web")
    .action((name: string, options: object) => run(async (context) => (await load()).end(context, name, options)));
  breakGlass
    .sub("list", "list those that are on, or wait for a decision")
    .example("sluice break-glass list")
    .action(() => run(async (context) => (await load()).list(context)));
  breakGlass
    .sub("show <application>", "show one, and what was changed by hand in it")
    .example("sluice break-glass show web")
    .action((name: string) => run(async (context) => (await load()).show(context, name)));
  breakGlass
    .sub(
      "diff <application>",
      "print which files, objects and fields of the repository a commit of what was changed by hand changes",
    )
    .example("sluice break-glass diff web")
    .action((name: string) => run(async (context) => (await load()).diff(context, name)));
}
