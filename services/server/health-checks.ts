import type { OwnCheck } from "../../activities/judge.ts";
import { createHealthSandbox, type HealthSandbox, type JudgedObject } from "../../adapters/health-checks/sandbox.ts";
import { kindOf, type Health } from "../../domain/health/health.ts";
import { checkFor, coversGroup, healthByCheck, type Customization } from "../../domain/health/own-check.ts";
import type { RawObject } from "../../schemas/artifact.ts";
import { stringifyRaw } from "../../schemas/raw-json.ts";
import type { ViewName, Views } from "../../schemas/views.ts";

export interface HealthChecksDeps {
  views: {
    list(view: "resourceCustomizations"): { value: Views["resourceCustomizations"] }[];
  };
  onChange(listener: (view: ViewName, key: string) => void): () => void;
  /** The object with keyed digests in place of Secret values: a check's message is told to everybody. */
  mask(object: RawObject): RawObject;
  sandbox?: HealthSandbox;
}

/** The health checks of ResourceCustomizations, as the view has them at any moment. */
export interface HealthChecks {
  own: OwnCheck;
  /** What is wrong with a check itself, each with its path in the check. */
  look: HealthSandbox["look"];
  /** Whether a CEL expression over `object` is true; why that can't be told, in words. */
  ready(expression: string, object: RawObject): Promise<boolean | { problem: string }>;
  /** Tells of every change of them, and of one that may run again, and which API groups it is about. */
  onChange(listener: (concerns: (group: string) => boolean) => void): () => void;
  close(): Promise<void>;
}

/** Follows the view of ResourceCustomizations; the sandbox starts with the first object that one of them is about. */
export function createHealthChecks(deps: HealthChecksDeps): HealthChecks {
  const sandbox = deps.sandbox ?? createHealthSandbox();
  const listeners = new Set<(concerns: (group: string) => boolean) => void>();
  let known = read();
  const byKind = new Map<string, Customization | undefined>();
  const again = new Map<string, NodeJS.Timeout>();

  function read(): Map<string, Customization> {
    return new Map(deps.views.list("resourceCustomizations").map(({ value }) => [value.name, value]));
  }

  const unsubscribe = deps.onChange((view, key) => {
    if (view !== "resourceCustomizations") return;
    const before = known.get(key);
    known = read();
    byKind.clear();
    clearTimeout(again.get(key));
    again.delete(key);
    tell([before, known.get(key)].filter((one) => one !== undefined));
  });

  function tell(changed: Customization[]): void {
    for (const listener of listeners) listener((group) => changed.some((one) => coversGroup(one, group)));
  }

  function checkOf(object: RawObject): Customization | undefined {
    if (known.size === 0) return undefined;
    const [group, kind] = kindOf(object);
    const text = `${group}/${kind}`;
    if (!byKind.has(text)) byKind.set(text, checkFor([...known.values()], group, kind));
    return byKind.get(text);
  }

  /** Once a check that went too far may run again, what it is about is judged anew: it may have been the machine. */
  function tryAgain(name: string, milliseconds: number): void {
    if (again.has(name)) return;
    const timer = setTimeout(() => {
      again.delete(name);
      const customization = known.get(name);
      if (customization) tell([customization]);
    }, milliseconds);
    again.set(name, timer.unref());
  }

  /** The object as checks see it: without secret values, and without who manages which field. */
  function shown(object: RawObject): JudgedObject {
    const { managedFields: _left, ...metadata } = object.metadata;
    const { uid, namespace = "", name } = object.metadata;
    const place = `${object.kind} ${uid ?? `${namespace}/${name}`}`;
    return { place, json: stringifyRaw(deps.mask({ ...object, metadata })) };
  }

  async function judge(object: RawObject, { name, spec }: Customization): Promise<Health> {
    try {
      const checked = await sandbox.judge(spec.health ?? {}, shown(object));
      if ("againInMs" in checked && checked.againInMs !== undefined) tryAgain(name, checked.againInMs);
      return healthByCheck(object, name, checked);
    } catch {
      return { status: "Unknown", message: `the health check of ResourceCustomization ${name} could not be run` };
    }
  }

  return {
    own: (object) => {
      const customization = checkOf(object);
      return customization && judge(object, customization);
    },
    look: sandbox.look,
    async ready(expression, object) {
      const told = await sandbox.judge({ cel: [{ status: "Healthy", when: expression }] }, shown(object));
      return told.outcome === "failed" || told.outcome === "postponed"
        ? { problem: told.message }
        : told.outcome === "judged";
    },
    onChange(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    async close() {
      unsubscribe();
      for (const timer of again.values()) clearTimeout(timer);
      again.clear();
      await sandbox.close();
    },
  };
}
