import type { EventView } from "../../../schemas/api/bodies.ts";
import { toSluiceError } from "../../../schemas/errors.ts";
import { type Context, usage } from "../context.ts";
import { endingOf } from "../follow.ts";
import { status, styled } from "../io.ts";
import { fieldText } from "../drift-text.ts";
import { promotionEventText } from "../promotion-event-text.ts";
import { harmless } from "../table.ts";

interface EventsOptions {
  follow?: boolean;
  application?: string;
  pipeline?: string;
  type?: string;
  last?: string;
  after?: string;
}

const LAST = 50;

/** Shows events of the ledger, and with --follow those that come. */
export async function events(context: Context, options: EventsOptions): Promise<void> {
  const { application, pipeline, type } = options;
  const last = count(options.last, "--last");
  const after = count(options.after, "--after");
  let shown = await context.client.sequence();
  const from = after === undefined ? { last: last ?? LAST } : { after };
  let start: number | undefined = after;
  for (;;) {
    const query = { application, pipeline, type, ...(start === undefined ? from : { after: start }) };
    const page = await context.client
      .get<{ items: EventView[]; continue?: string }>("/events", { query })
      .catch((thrown: unknown) => {
        const { code, message, next } = toSluiceError(thrown);
        throw code === "InvalidInput" ? usage(message, next ?? "Run it with --help to see what it takes.") : thrown;
      });
    for (const event of page.items) await print(context, event);
    shown = Math.max(shown, page.items.at(-1)?.sequence ?? 0);
    if (page.items.length === 0 && !options.follow)
      context.note("No event matches yet. See new ones with: sluice events --follow");
    if (page.continue === undefined) break;
    start = Number(page.continue);
  }
  if (!options.follow) return;
  const { signal } = new AbortController();
  for await (const { data } of context.client.events({ application, pipeline, type }, { after: shown, signal })) {
    if (data && data.sequence > shown) await print(context, data);
  }
}

function count(text: string | undefined, flag: string): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= 0) return value;
  throw usage(`${flag} takes a number, not ${text}`, `Write it as ${flag} 100.`);
}

async function print({ io, output }: Context, event: EventView): Promise<void> {
  if (output === "json") io.out(`${JSON.stringify(event)}\n`);
  else if (output === "yaml") io.out(`---\n${(await import("../yaml.ts")).stringify(event)}`);
  else if (output === "name") io.out(`${event.sequence}\n`);
  else {
    const { aggregate, type, at, sequence, actor } = event;
    const time = styled(io, "dim", at);
    const who = output === "wide" ? ` by ${actor.kind}/${actor.name}, cause ${event.cause}` : "";
    io.out(
      harmless(
        `${String(sequence).padStart(6)} ${time} ${type} ${aggregate.type}/${aggregate.name}${detail(io, event)}${who}`,
      ) + "\n",
    );
  }
}

interface Drifted {
  object: string;
  change: string;
  managers?: string[];
}

const MOST_DRIFTED = 5;

function drifted(objects: Drifted[]): string {
  const shown = objects.slice(0, MOST_DRIFTED).map(({ object, change, managers }) => {
    return `${object} ${change}${managers?.length ? ` by ${managers.join(" and ")}` : ""}`;
  });
  const more = objects.length - shown.length;
  return `${shown.join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}

/** What an event about one object says of it. */
function toldOf({ type, data }: EventView): string | undefined {
  const { object, action, change, created, message, fields } = data;
  if (typeof object !== "string") return undefined;
  if (type.startsWith("Action")) {
    const more = typeof created === "string" ? `made ${created}` : typeof message === "string" ? message : "";
    return `${String(action)} of ${object}${more === "" ? "" : `: ${more}`}`;
  }
  if (type !== "ManualChangeRecorded") return undefined;
  const texts = Array.isArray(fields) ? (fields as Parameters<typeof fieldText>[0][]).map(fieldText) : [];
  return `${object} ${String(change)}${texts.length > 0 ? `: ${texts.join(", ")}` : ""}`;
}

function detail(io: Context["io"], event: EventView): string {
  const ending = endingOf(event);
  if (ending) return ` ${status(io, ending.result)}${ending.text}`;
  const { from, to, operation, revision, objects } = event.data;
  const told = toldOf(event) ?? promotionEventText(event);
  if (told !== undefined) return told === "" ? "" : ` ${told}`;
  if (event.type === "DriftDetected" && Array.isArray(objects)) return ` ${drifted(objects as Drifted[])}`;
  if (typeof from === "string" && typeof to === "string") return ` ${status(io, from)} -> ${status(io, to)}`;
  const parts = [operation, typeof revision === "string" ? revision.slice(0, 8) : undefined];
  const text = parts.filter((part) => typeof part === "string").join(" ");
  return text === "" ? "" : ` ${text}`;
}
