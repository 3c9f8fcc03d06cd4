import { repeated, type SluiceCommand } from "./command.ts";
import type { Run } from "./program.ts";

/** The commands under `sluice release`. */
export function addReleaseCommands(program: SluiceCommand, run: Run): void {
  const load = () => import("./commands/release.ts");
  const release = program
    .sub("release", "what moves through pipelines: commits, images and charts, found or made")
    .example("sluice release list shop");
  release
    .sub("list <source>", "list the releases of a source, newest first")
    .option("--limit <number>", "at most so many")
    .example("sluice release list shop", "sluice release list shop --limit 5 -o json")
    .action((source: string, options: { limit?: string }) =>
      run(async (context) => (await load()).list(context, source, options)),
    );
  release
    .sub("get <source> <release>", "show a release: what is in it, and the commits that it carries")
    .example("sluice release get shop brave-otter")
    .action((source: string, name: string) => run(async (context) => (await load()).get(context, source, name)));
  release
    .sub("create <source>", "make a release of what is newest, or of what is chosen")
    .addOption(repeated("--pick <subscription=value>", "a revision, tag, digest or version in place of the newest"))
    .example("sluice release create shop", "sluice release create shop --pick web=1.4.2")
    .action((source: string, options: { pick?: string[] }) =>
      run(async (context) => (await load()).create(context, source, options)),
    );
  release
    .sub("refresh <source>", "look for something new now, not at the next interval")
    .example("sluice release refresh shop")
    .action((source: string) => run(async (context) => (await load()).refresh(context, source)));
}
