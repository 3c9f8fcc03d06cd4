import { cycleOf, dependenciesOf } from "../domain/dependency/graph.ts";
import { type Missing, dependencyHold, unready } from "../domain/dependency/readiness.ts";
import { isSettled } from "../domain/health/settled.ts";
import { objectRefusal } from "../domain/project/permission.ts";
import type { Hold } from "../domain/hold/hold.ts";
import type { RawObject } from "../schemas/artifact.ts";
import { toSluiceError } from "../schemas/errors.ts";
import type { ApplicationSpec, Dependency } from "../schemas/kinds/application.ts";
import type { ApplicationView } from "../schemas/views.ts";
import type { AdmitRequest } from "./admit.ts";
import { judging, type OwnCheck } from "./judge.ts";
import type { ServedKind } from "./live.ts";

/** What waiting for others needs. */
export interface DependencyDeps {
  /** An application as it is now, not as some view had it, with the newest operation that a push asked for and that has not ended. */
  upstream(name: string): Promise<{ view: ApplicationView | undefined; asked?: string }>;
  cluster(name: string): Promise<{
    resolve(apiVersion: string, kind: string): Promise<ServedKind | undefined>;
    get(kind: ServedKind, namespace: string, name: string, signal?: AbortSignal): Promise<RawObject | undefined>;
  }>;
  /** Whether a CEL expression over `object` is true; what is wrong with it, in words, when it can't be told. */
  ready(expression: string, object: RawObject): Promise<boolean | { problem: string }>;
  own?: OwnCheck;
}

/**
 * What an operation has to wait for, by what the application depends on. Only a sync waits: what is put back or rolled back was there
 * with its dependencies before, and a comparison or a dry run changes nothing.
 */
export function createDependencies(deps: DependencyDeps): (asked: AdmitRequest) => Promise<Hold | undefined> {
  return async ({ application, request, spec, place, signal }) => {
    const { dependsOn = [] } = spec;
    const waits = request.kind === "sync" && request.options?.dryRun !== true && !PUT_BACK.has(request.trigger.type);
    if (!waits || dependsOn.length === 0) return undefined;
    const looked = await Promise.all(dependsOn.map((dependency) => missing(deps, dependency, { spec, place, signal })));
    const found = looked.flatMap((one) => one ?? []);
    return dependencyHold(found, found.length === 0 ? undefined : await circle(deps, application, spec));
  };
}

/** The circle of dependencies that an application is part of, undefined when there is none. */
async function circle(
  { upstream }: DependencyDeps,
  application: string,
  spec: ApplicationSpec,
): Promise<string[] | undefined> {
  const specs = new Map<string, Pick<ApplicationSpec, "dependsOn">>([[application, spec]]);
  let open = dependenciesOf(spec);
  while (open.length > 0) {
    const names = [...new Set(open)].filter((name) => !specs.has(name));
    const views = await Promise.all(names.map(async (name) => (await upstream(name)).view));
    names.forEach((name, at) => specs.set(name, views[at]?.spec ?? {}));
    open = names.flatMap((name) => dependenciesOf(specs.get(name) ?? {}));
  }
  return cycleOf(application, specs);
}

const PUT_BACK: ReadonlySet<string> = new Set(["drift", "rollback", "breakGlass"]);

interface Where {
  spec: ApplicationSpec;
  place: AdmitRequest["place"];
  signal: AbortSignal;
}

async function missing(deps: DependencyDeps, dependency: Dependency, where: Where): Promise<Missing | undefined> {
  const { application, resource } = dependency;
  if (application !== undefined) {
    const { view, asked } = await deps.upstream(application);
    const why = unready(view, asked);
    return why === undefined ? undefined : { what: `application ${application}`, why };
  }
  if (!resource) return undefined;
  const why = await unreadyObject(deps, { ...dependency, resource }, where);
  return why === undefined ? undefined : { what: `${resource.kind} ${resource.name}`, why };
}

async function unreadyObject(
  { cluster, ready, own }: DependencyDeps,
  { resource, readyExpr }: Dependency & { resource: NonNullable<Dependency["resource"]> },
  { spec, place, signal }: Where,
): Promise<string | undefined> {
  const client = await cluster(place.cluster.name);
  const kind = await client.resolve(resource.apiVersion, resource.kind);
  if (!kind) return `${place.cluster.name} has no kind ${resource.kind} in ${resource.apiVersion}`;
  const namespace = kind.namespaced ? (resource.namespace ?? spec.destination.namespace ?? "default") : "";
  // An expression tells what stands in an object, so it is not asked of what the project may not touch.
  const key = { group: kind.group, kind: kind.kind, namespace, name: resource.name };
  const refusal = objectRefusal(place.project, { key, namespaced: kind.namespaced }, place.cluster);
  if (refusal !== undefined) return refusal;
  const object = await read(() => client.get(kind, namespace, resource.name, signal));
  if (typeof object === "string") return object;
  if (!object) return "it is not there";
  if (readyExpr === undefined) {
    const { status, message } = (await judging(own, [object]))(object);
    return isSettled(status) ? undefined : `it is ${status}${message === undefined ? "" : `: ${message}`}`;
  }
  const answer = await ready(readyExpr, object);
  if (answer === true) return undefined;
  return answer === false ? "its readyExpr is not true" : `its readyExpr can't be told: ${answer.problem}`;
}

/** An object that Sluice may not read is as good as not there; any other trouble is the cluster's and is tried again. */
async function read<T>(look: () => Promise<T>): Promise<T | string> {
  try {
    return await look();
  } catch (thrown) {
    const error = toSluiceError(thrown);
    if (error.code === "ClusterForbidden") return `Sluice may not read it: ${error.message}`;
    throw error;
  }
}
