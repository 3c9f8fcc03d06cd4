import type { ApplicationObject } from "../../../schemas/api/objects.ts";
import { SluiceError } from "../../../schemas/errors.ts";
import { formatDuration } from "../age.ts";
import { applicationRows } from "../columns.ts";
import { type Context, usage } from "../context.ts";
import { timeoutMs } from "../follow.ts";
import { status } from "../io.ts";
import { createProgress } from "../progress.ts";

interface WaitOptions {
  sync?: boolean;
  health?: boolean;
  operation?: boolean;
  timeout?: string;
  all?: boolean;
  selector?: string;
}

interface Conditions {
  sync: boolean;
  health: boolean;
  operation: boolean;
}

/** What an application still lacks, in words; [] when it is where it is waited for. */
export function lacking({ status: now }: Pick<ApplicationObject, "status">, wanted: Conditions): string[] {
  return [
    wanted.sync && now.sync.status !== "Synced" ? now.sync.status : "",
    wanted.health && now.health.status !== "Healthy" ? now.health.status : "",
    wanted.operation && now.running !== undefined ? "operation running" : "",
    wanted.operation && now.held !== undefined ? "operation held" : "",
  ].filter((text) => text !== "");
}

/** Waits until applications are synced and healthy and nothing runs (or only what is asked for). Throws Timeout. */
export async function wait(context: Context, names: string[], options: WaitOptions): Promise<void> {
  const wanted = conditionsOf(options);
  const limit = timeoutMs(options.timeout);
  const waited = await namesOf(context, names, options);
  const aborter = new AbortController();
  const timer = setTimeout(() => aborter.abort(), limit);
  const progress = createProgress(context.io, context.options.quiet ?? false);
  const open = new Set(waited);
  const ended = new Map<string, ApplicationObject>();
  const look = async (name: string, sequence?: number): Promise<void> => {
    const call = sequence === undefined ? {} : { sequence };
    const app = await context.client.get<ApplicationObject>(`/applications/${encodeURIComponent(name)}`, call);
    const missing = lacking(app, wanted);
    const { sync, health } = app.status;
    progress.set(
      name,
      `${status(context.io, sync.status)} ${status(context.io, health.status)}${app.status.running === undefined ? "" : ", operation running"}${app.status.held ? `, held: ${app.status.held.message}` : ""}`,
    );
    if (missing.length > 0) return;
    open.delete(name);
    ended.set(name, app);
  };
  try {
    const after = await context.client.sequence();
    for (const name of waited) await look(name);
    if (open.size > 0) await lookOnEvents(context, { after, signal: aborter.signal, open, look });
  } finally {
    clearTimeout(timer);
    aborter.abort();
    progress.stop();
  }
  if (open.size > 0) {
    throw new SluiceError("Timeout", `After ${formatDuration(limit)}, not there yet: ${[...open].join(", ")}`, {
      next: `Look why with: sluice why ${[...open][0]}`,
    });
  }
  await context.show([...ended.values()], applicationRows(context.io, Date.now()));
}

const conditionsOf = ({ sync, health, operation }: WaitOptions): Conditions =>
  sync || health || operation
    ? { sync: sync ?? false, health: health ?? false, operation: operation ?? false }
    : { sync: true, health: true, operation: true };

async function namesOf(context: Context, names: string[], { all, selector }: WaitOptions): Promise<string[]> {
  if (names.length > 0) return names.map((name) => name.replace(/^(application|app)\//, ""));
  if (!all && selector === undefined) {
    throw usage("No application is named", "Name one or more, or choose with --selector or --all.");
  }
  const items = await context.client.list<ApplicationObject>("/applications", { label: selector });
  return items.map((app) => app.metadata.name);
}

interface Waiting {
  after: number;
  signal: AbortSignal;
  open: Set<string>;
  look(name: string, sequence: number): Promise<void>;
}

/** Nothing is polled: an event about an application that is waited for is what makes us look again. */
async function lookOnEvents({ client }: Context, { after, signal, open, look }: Waiting): Promise<void> {
  for await (const { data: event } of client.events({}, { after, signal })) {
    const concerned = event?.aggregate.type === "application" && open.has(event.aggregate.name);
    if (event && concerned) await look(event.aggregate.name, event.sequence);
    if (open.size === 0) return;
  }
}
