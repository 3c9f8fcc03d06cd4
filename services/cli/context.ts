import { SluiceError } from "../../schemas/errors.ts";
import { type Client, createClient } from "./client.ts";
import { connectionOf, type GlobalOptions } from "./connection.ts";
import type { Io, Output } from "./io.ts";
import type { Column } from "./table.ts";
import { formatTable } from "./table.ts";

/** What every command works with. */
export interface Context {
  io: Io;
  options: GlobalOptions;
  client: Client;
  output: Output;
  /** Progress and remarks, on the error stream; silent with --quiet. */
  note(text: string): void;
  /** Shows rows in the output form asked for; an empty list is a sentence. */
  show<Row>(rows: readonly Row[], how: Shown<Row>): Promise<void>;
  /** Shows one value as JSON or YAML where that was asked for; false when it was not. */
  showValue(value: unknown): Promise<boolean>;
}

/** How rows are shown. */
export interface Shown<Row> {
  columns: readonly Column<Row>[];
  /** `kind/name` for -o name. */
  name(row: Row): string;
  /** A sentence for when there are none, and what to do. */
  empty: string;
}

/** The context of one run of the CLI; the connection is looked up when it is first needed. */
export function createContext(io: Io, options: GlobalOptions): Context {
  let client: Client | undefined;
  const output = options.output ?? "table";
  const context: Context = {
    io,
    options,
    output,
    get client() {
      return (client ??= createClient(connectionOf(options, io.env)));
    },
    note: (text) => {
      if (!options.quiet) io.err(`${text}\n`);
    },
    async showValue(value) {
      if (output === "json") io.out(`${JSON.stringify(value, null, 2)}\n`);
      else if (output === "yaml") io.out((await import("./yaml.ts")).stringify(value));
      else return false;
      return true;
    },
    async show(rows, how) {
      if (await context.showValue({ items: rows })) return;
      if (output === "name") io.out(rows.map((row) => `${how.name(row)}\n`).join(""));
      else if (rows.length === 0) context.note(how.empty);
      else io.out(formatTable(how.columns, rows, output === "wide"));
    },
  };
  return context;
}

/** The error for a command line that means nothing. */
export const usage = (message: string, next: string): SluiceError => new SluiceError("Usage", message, { next });
