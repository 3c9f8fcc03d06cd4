import type { WhyAnswer } from "../../schemas/api/bodies.ts";
import type { Client } from "./client.ts";

/** What an operation waits for shows up by events only when it is over, so it is asked for this often. */
export const LOOK_MS = 3_000;
/** So many applications are asked about at once at most; the rest of a large batch is only followed. */
const MOST_ASKED = 10;
const LONGEST = 160;

interface Followed {
  /** Application to operation, of those that have not ended. */
  open: ReadonlyMap<string, string>;
  /** What was said last of each because of an event. */
  said: ReadonlyMap<string, string>;
  say(name: string, text: string): void;
}

/** Adds what each running operation waits for to what was said of it. Looks that overlap are left out; failures say nothing. */
export function waitsTeller(client: Pick<Client, "get">, { open, said, say }: Followed): () => Promise<void> {
  let busy = false;
  const look = async (name: string): Promise<void> => {
    const text = said.get(name);
    const answer = await client.get<WhyAnswer>(`/applications/${encodeURIComponent(name)}/why`);
    const wait = waitOf(answer);
    // An event that came meanwhile knows better.
    if (wait !== undefined && open.has(name) && said.get(name) === text) say(name, `${text}: ${wait}`);
  };
  return async () => {
    if (busy) return;
    busy = true;
    await Promise.allSettled([...open.keys()].slice(0, MOST_ASKED).map(look));
    busy = false;
  };
}

/** What a running operation waits for, in a short line; undefined where nothing is known, or it does not run. */
export function waitOf({ standing, causes }: Pick<WhyAnswer, "standing" | "causes">): string | undefined {
  const [first] = causes;
  if (standing !== "Working" || !first) return undefined;
  const more = causes.length > 1 ? ` (and ${causes.length - 1} more)` : "";
  const text = first.message.replaceAll(/\s+/g, " ");
  return `${text.length > LONGEST ? `${text.slice(0, LONGEST - 1)}…` : text}${more}`;
}
