import { fileURLToPath } from "node:url";
import proto, { type temporal } from "@temporalio/proto";

const { History } = proto.temporal.api.history.v1;
type History = temporal.api.history.v1.IHistory;

/** Where recorded histories are kept. */
export const HISTORIES = fileURLToPath(new URL("./histories/", import.meta.url));

/** A history as text, without the name of the machine and its process. */
export function toText(history: History): string {
  const plain = History.toObject(History.fromObject(history), { longs: String, enums: String, bytes: String });
  return `${JSON.stringify(plain, null, 1).replaceAll(/"\d+@[^"]*"/g, '"worker"')}\n`;
}

/** The history of a text. */
export const fromText = (text: string): History => History.fromObject(JSON.parse(text) as Record<string, unknown>);
