import { OWN_COLOURS } from "./status-words.ts";

/** Cells a character takes on a terminal: wide East Asian characters and emoji take two, combining marks none. */
function charWidth(char: string): number {
  if (/\p{Mark}|\p{Cf}/u.test(char)) return 0;
  return /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}/u.test(
    char,
  )
    ? 2
    : 1;
}

// eslint-disable-next-line no-control-regex
const ESCAPES = /\u001b\[[0-9;]*m/g;

/** Cells that a text takes on a terminal, its colours not counted. */
export function textWidth(text: string): number {
  let width = 0;
  for (const char of text.replaceAll(ESCAPES, "")) width += charWidth(char);
  return width;
}

// eslint-disable-next-line no-control-regex
const OBEYED = /[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g;

/**
 * Text from elsewhere without what a terminal would obey, colours and changes of the direction of writing included. Only a status word
 * in the colour that this program gives it keeps that.
 */
export function harmless(text: string): string {
  const line = text.replaceAll(/[\n\t]/g, " ");
  let shown = "";
  let end = 0;
  for (const own of line.matchAll(OWN_COLOURS)) {
    shown += line.slice(end, own.index).replaceAll(OBEYED, "?") + own[0];
    end = own.index + own[0].length;
  }
  return shown + line.slice(end).replaceAll(OBEYED, "?");
}

/** A column of a table: its heading and what a row shows in it. `wide` columns stand only in wide tables. */
export interface Column<Row> {
  heading: string;
  cell(row: Row): string;
  wide?: boolean;
}

/** Rows under headings, columns three spaces apart, nothing behind the last one. */
export function formatTable<Row>(columns: readonly Column<Row>[], rows: readonly Row[], wide = false): string {
  const shown = columns.filter((column) => wide || !column.wide);
  const cells = [
    shown.map(({ heading }) => heading),
    ...rows.map((row) => shown.map(({ cell }) => harmless(cell(row)) || "-")),
  ];
  const widths = shown.map((_, at) => Math.max(...cells.map((line) => textWidth(line[at]!))));
  const pad = (text: string, at: number) =>
    at === shown.length - 1 ? text : text + " ".repeat(widths[at]! - textWidth(text) + 3);
  return cells.map((line) => `${line.map(pad).join("")}\n`).join("");
}
