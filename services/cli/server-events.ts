import { SluiceError } from "../../schemas/errors.ts";
import type { EventView } from "../../schemas/api/bodies.ts";

/** One server-sent event: its id where it carries one, its data where it carries any. */
export interface ServerEvent {
  id?: number;
  data?: EventView;
}

/** The events of a `text/event-stream` body. Throws Unavailable when it breaks off. */
export async function* readEvents(response: Response, signal: AbortSignal): AsyncIterable<ServerEvent> {
  if (!response.body) return;
  const decoder = new TextDecoder();
  let rest = "";
  try {
    for await (const chunk of response.body) {
      rest += decoder.decode(chunk as Uint8Array, { stream: true });
      const blocks = rest.split(/\r?\n\r?\n/);
      rest = blocks.pop() ?? "";
      yield* blocks.map(parseBlock);
    }
  } catch (cause) {
    if (!signal.aborted) throw new SluiceError("Unavailable", "The stream of events broke off", { cause });
  }
}

function parseBlock(block: string): ServerEvent {
  const event: ServerEvent = {};
  const data: string[] = [];
  for (const line of block.split(/\r?\n/)) {
    if (line.startsWith("id:")) event.id = Number(line.slice(3));
    else if (line.startsWith("data:")) data.push(line.slice(5).trimStart());
  }
  if (data.length > 0) event.data = JSON.parse(data.join("\n")) as EventView;
  return event;
}
