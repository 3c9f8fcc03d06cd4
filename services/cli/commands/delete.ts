import { dependents } from "../../../domain/dependency/graph.ts";
import type { Accepted } from "../../../schemas/api/bodies.ts";
import type { ApplicationObject } from "../../../schemas/api/objects.ts";
import type { Context } from "../context.ts";
import { usage } from "../context.ts";
import { consent } from "./consent.ts";
import { CLI_KINDS, type CliKind, targetsOf } from "../kinds.ts";
import { readInputs } from "../read-files.ts";
import { followOperations } from "../follow.ts";

interface DeleteOptions {
  filename?: string[];
  recursive?: boolean;
  cascade?: boolean;
  orphan?: boolean;
  propagation?: string;
  yes?: boolean;
  force?: boolean;
  wait?: boolean;
  timeout?: string;
}

type Target = { kind: CliKind; name: string };

/** What refers to others goes first. */
const ORDER = [
  "Notification",
  "Pipeline",
  "GatePolicy",
  "AnalysisTemplate",
  "ReleaseSource",
  "Account",
  "Application",
  "Repository",
  "Cluster",
  "Project",
  "ResourceCustomization",
];

/** Deletes objects by name or as files name them; an application with everything it owns unless told otherwise. */
export async function remove(
  context: Context,
  first: string | undefined,
  names: string[],
  options: DeleteOptions,
): Promise<number> {
  const targets = await targetsToDelete(context, first, names, options);
  targets.sort((a, b) => ORDER.indexOf(a.kind.kind) - ORDER.indexOf(b.kind.kind));
  const applications = targets.filter(({ kind }) => kind.kind === "Application").map(({ name }) => name);
  const stays = options.orphan === true || options.cascade === false;
  if (!stays) await consent(context, applications, options.yes === true);
  const together = await deletedWithDependents(context, targets);
  const started: Accepted[] = [];
  for (const { kind, name } of targets) {
    const force = options.force === true || together.has(name);
    const query = kind.kind === "Application" ? queryOf(options, force, stays) : {};
    const answer = await context.client.delete<Accepted>(`/${kind.path}/${encodeURIComponent(name)}`, { query });
    const asked = kind.kind === "Application" && answer.operation !== "none";
    context.io.out(`${kind.kind.toLowerCase()}/${name} ${asked ? "is being deleted" : "deleted"}\n`);
    if (!asked) await context.client.get("/version", { sequence: answer.sequence });
    else started.push(answer);
    const others = targets.some((target) => target.kind.kind !== "Application");
    if (asked && (options.wait ?? true) && others) await followOperations(context, started.splice(0), options.timeout);
  }
  return options.wait === false || started.length === 0 ? 0 : followOperations(context, started, options.timeout);
}

/** Whoever came this far has said yes. */
const queryOf = ({ cascade = true, orphan, propagation }: DeleteOptions, force: boolean, stays: boolean) => ({
  cascade,
  ...(force && { force }),
  ...(orphan && { orphan }),
  ...(propagation !== undefined && { propagation }),
  ...(!stays && { confirm: true }),
});

/** Applications of which all that depend on them are deleted as well. */
async function deletedWithDependents({ client }: Context, targets: readonly Target[]): Promise<Set<string>> {
  const names = new Set(targets.filter(({ kind }) => kind.kind === "Application").map(({ name }) => name));
  if (names.size < 2) return new Set();
  const items = await client.list<ApplicationObject>("/applications");
  const specs = new Map(items.map(({ metadata, spec }) => [metadata.name, spec]));
  return new Set([...names].filter((name) => dependents(name, specs).every((dependent) => names.has(dependent))));
}

async function targetsToDelete(
  context: Context,
  first: string | undefined,
  names: string[],
  options: DeleteOptions,
): Promise<Target[]> {
  if (options.filename?.length) return targetsInFiles(context, options.filename, options.recursive ?? false);
  if (first === undefined || (names.length === 0 && !first.includes("/"))) {
    throw usage("What to delete is not named", "Write: sluice delete KIND NAME, or sluice delete -f FILE");
  }
  return targetsOf(first, names);
}

async function targetsInFiles(context: Context, filenames: string[], recursive: boolean): Promise<Target[]> {
  const { parseAllDocuments } = await import("../yaml.ts");
  const targets: Target[] = [];
  for (const { file, text } of await readInputs(filenames, { recursive }, context.io)) {
    for (const document of parseAllDocuments(text, { logLevel: "silent" })) {
      const value =
        document.errors.length > 0
          ? undefined
          : (document.toJS() as { kind?: string; metadata?: { name?: string } } | null);
      if (value === null) continue;
      const kind = CLI_KINDS.find((one) => one.kind === value?.kind);
      const name = value?.metadata?.name;
      if (!kind || typeof name !== "string")
        throw usage(`${file} holds something that is no object of Sluice`, "Nothing was deleted.");
      targets.push({ kind, name });
    }
  }
  return targets;
}
