import { Command, Option } from "commander";

/** A commander command that keeps its examples, for `--help` and for the reference. */
export class SluiceCommand extends Command {
  readonly examples: string[] = [];

  override createCommand(name?: string): SluiceCommand {
    return new SluiceCommand(name);
  }

  /** Adds command lines that show how it is used. */
  example(...lines: string[]): this {
    this.examples.push(...lines);
    return this;
  }

  override helpInformation(): string {
    const examples = this.examples.map((line) => `  $ ${line}\n`).join("");
    return super.helpInformation() + (examples === "" ? "" : `\nExamples:\n${examples}`);
  }

  /** A command under this one. */
  sub(nameAndArguments: string, summary: string): SluiceCommand {
    return this.command(nameAndArguments).description(summary) as SluiceCommand;
  }
}

/** An option that takes one of some words. */
export const choice = (flags: string, description: string, words: readonly string[]): Option =>
  new Option(flags, description).choices(words);

/** An option that may stand several times. */
export const repeated = (flags: string, description: string): Option =>
  new Option(flags, description).argParser((value: string, before: string[] | undefined) => [...(before ?? []), value]);
