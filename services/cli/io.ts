import { styleText } from "node:util";
import { STATUS_WORDS } from "./status-words.ts";

/** What a command reads and writes: the process's streams, or a test's. */
export interface Io {
  out(text: string): void;
  err(text: string): void;
  /** Whether lines written to `err` can be drawn over. */
  live: boolean;
  columns: number;
  colors: boolean;
  env: Record<string, string | undefined>;
  readStdin(): Promise<string>;
  /** Asks a person for y or n; absent where there is none to ask. */
  ask?(question: string): Promise<boolean>;
}

/** Output forms of every command that shows something. */
export const OUTPUTS = ["table", "wide", "json", "yaml", "name"] as const;
export type Output = (typeof OUTPUTS)[number];

type Style = Parameters<typeof styleText>[0];

/** The text in a style, or as it is where colours are off. */
export const styled = (io: Pick<Io, "colors">, style: Style, text: string): string =>
  io.colors ? styleText(style, text, { validateStream: false }) : text;

/** A status word in its colour. */
export function status(io: Pick<Io, "colors">, word: string): string {
  const colours = Object.keys(STATUS_WORDS) as (keyof typeof STATUS_WORDS)[];
  const colour = colours.find((one) => (STATUS_WORDS[one] as readonly string[]).includes(word));
  return colour === undefined ? word : styled(io, colour, word);
}

/** The process's own streams. Colours only on a terminal, and never against NO_COLOR. */
export function processIo(noColor: boolean): Io {
  const { env, stdout, stderr, stdin } = process;
  const live = stderr.isTTY === true && env["TERM"] !== "dumb" && env["CI"] === undefined;
  const person = stdin.isTTY === true && stderr.isTTY === true;
  return {
    ...(person && { ask }),
    out: (text) => void stdout.write(text),
    err: (text) => void stderr.write(text),
    live,
    columns: stderr.columns ?? 80,
    colors: !noColor && !env["NO_COLOR"] && (stdout.isTTY === true || Boolean(env["FORCE_COLOR"])),
    env,
    async readStdin() {
      const chunks: Buffer[] = [];
      for await (const chunk of stdin) chunks.push(Buffer.from(chunk as Uint8Array));
      return Buffer.concat(chunks).toString("utf8");
    },
  };
}

/** On the error stream, so that what is printed stays what was asked for. Everything but a yes is a no. */
async function ask(question: string): Promise<boolean> {
  const { createInterface } = await import("node:readline/promises");
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y(es)?$/i.test((await lines.question(`${question} [y/N] `)).trim());
  } finally {
    lines.close();
  }
}
