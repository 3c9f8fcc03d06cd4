import type { Accepted, ResourceView } from "../../../schemas/api/bodies.ts";
import type { ApplicationObject } from "../../../schemas/api/objects.ts";
import type { OperationView } from "../../../schemas/views.ts";
import type { Orphans } from "../../../schemas/api/drift-routes.ts";
import { age, formatDuration } from "../age.ts";
import { applicationRows, operationRows, orphanRows, resourceRows } from "../columns.ts";
import { type Context, usage } from "../context.ts";
import { driftText } from "../drift-text.ts";
import { followOperations } from "../follow.ts";
import { status } from "../io.ts";
import type { LocalOptions } from "../local-files.ts";
import { type SyncFlags, syncRequestOf } from "../sync-options.ts";
import { showDryRuns } from "./dry-run.ts";
import { hookLines } from "./hooks.ts";
import { harmless } from "../table.ts";

const pathOf = (name: string): string => `/applications/${encodeURIComponent(name)}`;

interface ListOptions {
  selector?: string;
  project?: string;
  cluster?: string;
}

/** Lists applications. */
export async function list(context: Context, { selector, project, cluster }: ListOptions): Promise<void> {
  const label = selectorOf(selector);
  const items = await context.client.list<ApplicationObject>("/applications", { label, project, cluster });
  if (items.length === 0) await mustExist(context, { project, cluster });
  const chosen = [selector, project, cluster].some((choice) => choice !== undefined);
  const rows = applicationRows(context.io, Date.now());
  await context.show(items, chosen ? { ...rows, empty: NONE_MATCHES } : rows);
}

/** A selector as the API takes it. Throws Usage for another form than `key` and `key=value`, which would match nothing. */
export function selectorOf(text: string | undefined): string | undefined {
  if (text === undefined || /^[\w./-]+(?:=[\w.-]*)?$/.test(text)) return text;
  throw usage(`${text} is not a selector`, "Write it as key=value, or as key alone.");
}

/** Nothing is found where a project or a cluster is misspelt, too. Throws NotFound. */
async function mustExist(
  { client }: Context,
  { project, cluster }: Record<"project" | "cluster", string | undefined>,
): Promise<void> {
  if (project !== undefined) await client.get(`/projects/${encodeURIComponent(project)}`);
  if (cluster !== undefined) await client.get(`/clusters/${encodeURIComponent(cluster)}`);
}

/** Said where a selector or a filter leaves nothing. */
export const NONE_MATCHES = "No application matches.";

/** Shows one application: what it is, where it stands, what it waits for. */
export async function get(context: Context, name: string): Promise<void> {
  const app = await context.client.get<ApplicationObject>(pathOf(name));
  if (await context.showValue(app)) return;
  if (context.output === "name") return context.io.out(`application/${name}\n`);
  const said = [...describeApplication(context, app), ...(await hookLines(context, app))];
  const lines = said.filter(([, value]) => value !== "");
  const width = Math.max(...lines.map(([label]) => label.length)) + 3;
  context.io.out(lines.map(([label, value]) => `${`${label}:`.padEnd(width)}${harmless(value)}\n`).join(""));
}

function describeApplication({ io }: Context, app: ApplicationObject): [label: string, value: string][] {
  const { spec, status: now } = app;
  const { destination, source } = spec;
  const clock = Date.now();
  const ago = (at: string | undefined) => (at === undefined ? "" : ` since ${age(at, clock)}`);
  return [
    ["Name", app.metadata.name],
    ["Project", spec.project],
    ["Source", `${source.repoURL} ${source.path} at ${source.targetRevision}`],
    ["Pinned", now.pinned ? pinText(now.pinned) : ""],
    ["Destination", `${destination.name ?? destination.server}, namespace ${destination.namespace ?? "default"}`],
    ["Sync policy", policyText(spec.syncPolicy)],
    ["Sync", `${status(io, now.sync.status)}${ago(now.sync.since)}`],
    ["Health", `${status(io, now.health.status)}${ago(now.health.since)}`],
    ["Deployed", now.deployed ? `${now.deployed.revision} ${age(now.deployed.at, clock)} ago` : "nothing yet"],
    ["Applied", now.applied ? `${now.applied.revision} ${age(now.applied.at, clock)} ago, not healthy then` : ""],
    ...(now.excluded ?? []).map((one): [string, string] => [
      "Excluded",
      `${one.revision} by ${one.by.name} (${one.reason}); deployed again after: sluice app release ${app.metadata.name}`,
    ]),
    ...(now.left ?? []).map((one): [string, string] => ["Left behind", leftText(app.metadata.name, one)]),
    ["Operation", now.running === undefined ? "" : `${now.running} is running`],
    ["Held", now.held ? `${now.held.operation}${ago(now.held.since)}, ${now.held.reason}: ${now.held.message}` : ""],
    ...interimLines(app),
    ["Last", now.last ? operationText(io, now.last) : ""],
    ...now.health.objects.map((one): [string, string] => ["Unhealthy", `${one.object} ${one.message ?? one.reason}`]),
    ...now.drift.map((one): [string, string] => ["Drift", driftText(one)]),
    ...remedyLines(app, clock),
    ...news(app).map((one): [string, string] => ["Noted", `${one.object} ${one.message ?? one.reason}`]),
  ];
}

/** What a promotion made the application run, over its spec. */
function pinText({
  pipeline,
  stage,
  release,
  targetRevision,
  images = [],
  parameters = [],
}: NonNullable<ApplicationObject["status"]["pinned"]>): string {
  const values = parameters.map(({ name, value }) => `${name}=${value}`);
  const what = [...(targetRevision === undefined ? [] : [targetRevision]), ...images, ...values].join(", ");
  return `${what} by release ${release.slice(0, 12)} in ${pipeline}/${stage}`;
}

/** What the running operation waits for: its next attempt, or a yes. */
function interimLines({ metadata: { name }, status: { retry, confirmation } }: ApplicationObject): [string, string][] {
  const lines: [string, string][] = [];
  if (retry) lines.push(["Retry", `attempt ${retry.attempt} at ${retry.at}, after ${retry.code}: ${retry.message}`]);
  if (!confirmation) return lines;
  const { objects, count } = confirmation;
  const which = objects.slice(0, 3).map(({ object }) => object);
  const more = count > which.length ? ` and ${count - which.length} more` : "";
  return [...lines, ["Confirmation", `${which.join(", ")}${more} is only deleted after: sluice app confirm ${name}`]];
}

/** What is still on a cluster that the application goes to no more, and how it gets away. */
function leftText(
  name: string,
  { cluster, resources }: NonNullable<ApplicationObject["status"]["left"]>[number],
): string {
  const kinds = resources.map((resource) => {
    const [plural = "", , group] = resource.split("/").toReversed();
    return group === undefined ? plural : `${plural}.${group}`;
  });
  return `objects on ${cluster}: point it back there and sync, or kubectl delete ${kinds.join(",")} -A -l sluice.dev/application=${name}`;
}

/** What the last operation noted of objects of which nothing else is said. */
function news({ status: { last, health } }: ApplicationObject): OperationView["noted"] {
  const said = new Set(health.objects.map(({ object }) => object));
  return (last?.noted ?? []).filter(({ object }) => !said.has(object));
}

function policyText({ automated, timeout }: ApplicationObject["spec"]["syncPolicy"]): string {
  if (!automated?.enabled) return `manual, timeout ${timeout}`;
  const extras = [automated.prune && "prune", automated.selfHeal && "self-heal"].filter(Boolean);
  return `automated${extras.length > 0 ? ` with ${extras.join(" and ")}` : ""}, timeout ${timeout}`;
}

function operationText(io: Context["io"], last: OperationView): string {
  const reason = last.message === undefined ? "" : `: ${last.message}`;
  return `${last.kind} ${status(io, last.result)} in ${formatDuration(last.durationMs) || "?"}${reason}`;
}

/** Lists the operations of an application, newest first. */
export async function history(context: Context, name: string): Promise<void> {
  const items = await context.client.list<OperationView>(`${pathOf(name)}/operations`);
  await context.show(items, operationRows(context.io, Date.now()));
}

/** A fight over objects, and a break-glass, where there is one. */
function remedyLines({ status: { remediation, breakGlass } }: ApplicationObject, clock: number): [string, string][] {
  const { flapping } = remediation ?? {};
  const fights = flapping !== undefined && Date.parse(flapping.nextAt) > clock;
  return [
    [
      "Flapping",
      fights ? `${flapping.objects.join(", ")} by ${flapping.managers.join(" and ")}, next ${flapping.nextAt}` : "",
    ],
    [
      "Break-glass",
      breakGlass ? `${breakGlass.ended ? "over" : `until ${breakGlass.until}`}: ${breakGlass.reason}` : "",
    ],
  ];
}

/** Lists the objects of an application, or those in its namespaces that nobody owns. */
export async function resources(context: Context, name: string, options: { orphaned?: boolean } = {}): Promise<void> {
  if (options.orphaned) return await orphans(context, name);
  const { items } = await context.client.get<{ items: ResourceView[] }>(`${pathOf(name)}/resources`);
  await context.show(items, resourceRows(context.io));
}

async function orphans(context: Context, name: string): Promise<void> {
  const found = await context.client.get<Orphans>(`${pathOf(name)}/orphans`);
  await context.show(found.items, orphanRows(Date.now()));
  for (const { kind, message } of found.unread) context.note(harmless(`${kind} could not be listed: ${message}`));
  if (found.truncated) context.note("There are more than are listed.");
  if (found.warn) context.note(`warning: orphaned objects in the namespaces of ${name}: ${found.items.length}`);
}

/** Shows what was deployed last, as rendered; a keyed digest stands for each secret value. */
export async function manifests(context: Context, name: string): Promise<void> {
  const { objects } = await context.client.get<{ objects: unknown[] }>(`${pathOf(name)}/manifests`);
  if (context.output === "json") return void (await context.showValue({ items: objects }));
  const { stringify } = await import("../yaml.ts");
  context.io.out(objects.map((object) => `---\n${stringify(object)}`).join(""));
}

interface SyncOptions extends SyncFlags, LocalOptions {
  async?: boolean;
  timeout?: string;
  all?: boolean;
  selector?: string;
}

/** Makes applications as they should be; waits for the end unless told otherwise. */
export async function sync(context: Context, names: string[], options: SyncOptions): Promise<number> {
  const body = syncRequestOf(options);
  if (options.local === undefined && options.localRepoRoot === undefined) {
    return command(context, names, options, { path: "sync", body });
  }
  const [name, ...others] = await chosen(context, names, options);
  if (name === undefined || others.length > 0 || body.revision !== undefined) {
    throw usage("--local is for one application, and instead of --revision", "Name one application.");
  }
  const { sendLocal } = await import("../local-files.ts");
  const local = await sendLocal(context, name, options);
  return command(context, [name], options, { path: "sync", body: { ...body, local } });
}

/** Compares applications with the cluster and changes nothing. */
export async function refresh(context: Context, names: string[], options: SyncOptions): Promise<number> {
  return command(context, names, options, { path: "refresh" });
}

async function command(
  context: Context,
  names: string[],
  options: SyncOptions,
  request: { path: string; body?: unknown },
): Promise<number> {
  const { client, io } = context;
  const accepted: Accepted[] = [];
  for (const name of await chosen(context, names, options)) {
    const call = request.body === undefined ? {} : { body: request.body };
    accepted.push(await client.post<Accepted>(`${pathOf(name)}/${request.path}`, call));
  }
  if (accepted.length === 0) {
    context.note(NONE_MATCHES);
    return 0;
  }
  if (options.async) {
    if (await context.showValue({ items: accepted })) return 0;
    for (const one of accepted) io.out(`application/${one.application} ${request.path} accepted as ${one.operation}\n`);
    return 0;
  }
  const exit = await followOperations(context, accepted, options.timeout);
  if (options.dryRun) await showDryRuns(context, accepted);
  else await showEnded(context, accepted);
  return exit;
}

async function chosen(context: Context, names: string[], { all, selector }: SyncOptions): Promise<string[]> {
  if (names.length > 0) return names.map((name) => name.replace(/^(application|app)\//, ""));
  if (!all && selector === undefined) {
    throw usage("No application is named", "Name one or more, or choose with --selector or --all.");
  }
  const items = await context.client.list<ApplicationObject>("/applications", { label: selector });
  return items.map((app) => app.metadata.name);
}

/** After the progress, the state that is left, for whoever reads the output. */
async function showEnded(context: Context, accepted: Accepted[]): Promise<void> {
  const { client, output } = context;
  const items: ApplicationObject[] = [];
  for (const { application } of accepted) items.push(await client.get<ApplicationObject>(pathOf(application)));
  const [only] = items;
  if (only && items.length === 1 && output !== "table" && (await context.showValue(only))) return;
  await context.show(items, applicationRows(context.io, Date.now()));
  for (const item of items) noteObjects(context, item);
}

/** How many objects of one application are told of after an operation. */
const MOST_NOTED = 10;

/** Which objects an operation left alone or failed with, and why: "1 refused" alone helps nobody. */
function noteObjects(context: Context, { metadata: { name }, status: { last } }: ApplicationObject): void {
  const said = last?.message ?? "";
  const noted = (last?.noted ?? []).filter(({ object, message = "" }) => !said.includes(`${object}: ${message}`));
  for (const { object, message, reason } of noted.slice(0, MOST_NOTED)) {
    context.note(harmless(`${name}: ${object}: ${message ?? reason}`));
  }
  if (noted.length > MOST_NOTED) context.note(`${name}: more of them with: sluice app get ${name}`);
}

/** Ends the running operation of an application. */
export async function terminate(context: Context, name: string, options: { operation?: string }): Promise<void> {
  const body = options.operation === undefined ? {} : { operation: options.operation };
  const { running } = (await context.client.get<ApplicationObject>(pathOf(name))).status;
  const accepted = await context.client.post<Accepted>(`${pathOf(name)}/terminate`, { body });
  // Asked all the same: one that was accepted a moment ago may not have started yet.
  if (running === undefined) context.note(`No operation of ${name} is running now.`);
  else if (options.operation !== undefined && options.operation !== running) context.note(`${running} is running now.`);
  if (await context.showValue(accepted)) return;
  context.io.out(
    `application/${name} is asked to end ${accepted.operation === "*" ? "its operation" : accepted.operation}\n`,
  );
}
