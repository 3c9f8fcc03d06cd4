import type { EventView } from "../../../schemas/api/bodies.ts";
import type { ActionAccepted, ResourceActions } from "../../../schemas/api/rollback-routes.ts";
import { ERRORS, isErrorCode, SluiceError } from "../../../schemas/errors.ts";
import { type Context, type Shown, usage } from "../context.ts";
import { timeoutMs } from "../follow.ts";
import { harmless } from "../table.ts";

const pathOf = (name: string): string => `/applications/${encodeURIComponent(name)}/actions`;

interface Chosen {
  kind?: string;
  group?: string;
  namespace?: string;
  resourceName?: string;
}

const selected = ({ kind, group, namespace, resourceName }: Chosen) => ({
  ...(kind !== undefined && { kind }),
  ...(group !== undefined && { group }),
  ...(namespace !== undefined && { namespace }),
  ...(resourceName !== undefined && { name: resourceName }),
});

type Row = Omit<ResourceActions, "actions"> & ResourceActions["actions"][number];

const ROWS: Shown<Row> = {
  columns: [
    { heading: "KIND", cell: ({ kind, group }) => (group === "" ? kind : `${kind}.${group}`) },
    { heading: "NAMESPACE", cell: (row) => row.namespace },
    { heading: "NAME", cell: (row) => row.name },
    { heading: "ACTION", cell: (row) => row.action },
    { heading: "PARAMETERS", cell: ({ parameters }) => Object.keys(parameters ?? {}).join(", ") },
    { heading: "NOT NOW", cell: (row) => row.reason ?? "" },
  ],
  name: ({ kind, name, action }) => `${kind.toLowerCase()}/${name}/${action}`,
  empty: "None of its objects has actions. Workloads, Jobs, CronJobs and Rollouts have.",
};

/** Lists what can be done with the objects of an application. */
export async function list(context: Context, name: string, chosen: Chosen): Promise<void> {
  const { items } = await context.client.get<{ items: ResourceActions[] }>(pathOf(name), { query: selected(chosen) });
  if (await context.showValue({ items })) return;
  await context.show(
    items.flatMap(({ actions, ...object }) => actions.map((action): Row => ({ ...object, ...action }))),
    ROWS,
  );
}

interface RunOptions extends Chosen {
  param?: string[];
  async?: boolean;
  timeout?: string;
}

/** Carries out an action on one object, and waits until it is known what came of it. */
export async function run(context: Context, name: string, action: string, options: RunOptions): Promise<number> {
  if (options.kind === undefined || options.resourceName === undefined) {
    throw usage("Which object is not said", "Give --kind and --resource-name; `sluice app actions list` shows them.");
  }
  const body = { action, ...selected(options), parameters: parametersOf(options.param ?? []) };
  const accepted = await context.client.post<ActionAccepted>(pathOf(name), { body });
  for (const warning of accepted.warnings) context.note(harmless(`Note: ${warning}`));
  if (options.async) {
    if (!(await context.showValue(accepted))) context.io.out(`${action} of ${accepted.object} accepted\n`);
    return 0;
  }
  const { type, data } = await outcome(context, accepted, options.timeout);
  if (type === "ActionFailed") {
    const code = data["code"];
    throw new SluiceError(isErrorCode(code) ? code : "ApplyFailed", harmless(String(data["message"])));
  }
  if (await context.showValue(data)) return 0;
  const made = typeof data["created"] === "string" ? ` made ${data["created"]}` : " done";
  context.io.out(harmless(`${action} of ${accepted.object}${made}`) + "\n");
  return 0;
}

function parametersOf(given: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    given.map((text) => {
      const at = text.indexOf("=");
      if (at < 1) throw usage(`${text} is no parameter`, "Write it as replicas=3.");
      return [text.slice(0, at), text.slice(at + 1)];
    }),
  );
}

/** The event that says what came of it. Throws Timeout. */
async function outcome(
  { client }: Context,
  { operation, sequence, application }: ActionAccepted,
  timeout?: string,
): Promise<EventView> {
  const aborter = new AbortController();
  const timer = setTimeout(() => aborter.abort(), timeoutMs(timeout, "3m"));
  try {
    for await (const { data: event } of client.events({ application }, { after: sequence, signal: aborter.signal })) {
      if (event && event.type.startsWith("Action") && event.data["request"] === operation) return event;
    }
  } finally {
    clearTimeout(timer);
    aborter.abort();
  }
  throw new SluiceError("Timeout", `It is not known yet what came of ${operation} (${ERRORS.Timeout.title})`, {
    next: `Look with: sluice events --application ${application}`,
  });
}
