import type {
  HookStep,
  Inventory,
  InventoryEntry,
  ObjectOutcome,
  Plan,
  PlanStep,
  RawObject,
  Report,
} from "../schemas/artifact.ts";
import { SluiceError, toSluiceError } from "../schemas/errors.ts";
import { objectKey } from "../schemas/ids.ts";
import type { Part } from "../schemas/phases.ts";
import { ownedSet } from "../domain/diff/recorded.ts";
import type { Digests } from "../domain/sync/canonical.ts";
import { outcomeKey } from "../domain/sync/hooks.ts";
import { isCrd } from "../domain/sync/identity.ts";
import { isNamespaceStep } from "../domain/sync/namespace.ts";
import { byStage } from "../domain/sync/order.ts";
import { stepsOfPart } from "../domain/sync/waves.ts";
import { cleanedHook, deleteHook, hookNotAttempted, isLeftover, runHook } from "./apply-hook.ts";
import { applyObject, neverReached, type ObjectCluster, type ObjectResult } from "./apply-object.ts";
import { notPruned, pruneObject, type PruneCluster } from "./apply-prune.ts";
import { respectingPlan, type IgnoredDeps } from "./ignored.ts";
import type { OwnCheck } from "./judge.ts";
import { limited } from "./limited.ts";
import { applyNamespace, createNamespace } from "./namespace.ts";
import { blocked, placed, settled } from "./outcomes.ts";
import type { StepContext } from "./steps.ts";
import { pause } from "./until.ts";

/** What an apply needs of a cluster. */
export interface ApplyCluster extends ObjectCluster, PruneCluster {}

export interface ApplyRunOptions {
  plan: Plan;
  /** Desired objects by key, as they lie in the artifact. */
  objects: ReadonlyMap<string, RawObject>;
  intended: Inventory;
  /** Only this part of the plan, after those that the report is of. */
  part: Part | undefined;
  before: Report | undefined;
  /** An operator said yes to what is only deleted then. */
  confirmed?: boolean;
  /** Desired objects of the hooks by key. */
  hooks: ReadonlyMap<string, RawObject>;
  /** Health checks out of configuration. */
  own?: OwnCheck;
  cluster: ApplyCluster;
  context: StepContext;
  open(object: RawObject): RawObject;
  digests: Digests;
  /** What ignoring differences takes. */
  ignored?: IgnoredDeps;
  concurrency?: number;
  /** Pauses before an object is tried again that the cluster was out of reach for, in milliseconds; the first is the first try. */
  pausesMs?: readonly number[];
}

const CONCURRENCY = 16;
const PAUSES_MS = [0, 1_000, 3_000];
/** After so many objects in a row without an answer, the cluster is asked whether it is there at all. */
const SILENT = 3;

const hookKey = ({ key, phase }: HookStep): string => outcomeKey({ key, hook: phase });

/** One run over the steps of a plan: the outcomes so far, and what they mean for the steps that follow. */
export class ApplyRun {
  /** Inventory entries of what was applied, by key. */
  readonly entries = new Map<string, InventoryEntry>();
  readonly #done = new Map<string, ObjectOutcome>();
  /** Namespaces (`namespace x`) and kinds (`kind group/Kind`) that could not be made, with why: nothing in them can be. */
  readonly #blocked = new Map<string, string>();
  readonly #options: ApplyRunOptions;
  readonly #intended: ReadonlyMap<string, InventoryEntry>;
  readonly #applies: PlanStep[];
  readonly #prunes: PlanStep[];
  readonly #hooks: HookStep[];
  readonly #before: Map<string, ObjectOutcome>;
  #silent = 0;
  /** The newest request of this round that never reached the cluster. */
  #unreached: SluiceError | undefined;

  constructor(options: ApplyRunOptions) {
    this.#options = options;
    this.#intended = new Map(options.intended.entries.map((entry) => [objectKey(entry.key), entry]));
    this.#before = new Map((options.before?.outcomes ?? []).map((outcome) => [outcomeKey(outcome), outcome]));
    const { steps, hooks } = stepsOfPart(options.plan, options.part);
    this.#hooks = hooks;
    const todo = steps.filter((step) => step.action !== "unchanged" && step.action !== "refuse");
    this.#applies = todo.filter((step) => step.action !== "prune");
    this.#prunes = todo.filter((step) => step.action === "prune");
  }

  progress(): { done: number; total: number } {
    return { done: this.#done.size, total: this.#applies.length + this.#prunes.length + this.#hooks.length };
  }

  /** The outcome of every step in the order of the plan, then of every hook that had its turn. */
  outcomes(): ObjectOutcome[] {
    const { steps, hooks = [] } = this.#options.plan;
    const known = (key: string): ObjectOutcome | undefined => this.#done.get(key) ?? this.#before.get(key);
    const mine = new Set(this.#hooks);
    return [
      ...steps.map((step) => placed(step, known(objectKey(step.key)) ?? settled(step))),
      ...hooks.flatMap((hook) => known(hookKey(hook)) ?? (mine.has(hook) ? hookNotAttempted(hook) : [])),
    ];
  }

  /** Runs the hooks of the part. Throws `ClusterUnavailable` when the cluster is away; those that were begun are found again then. */
  async runHooks(): Promise<void> {
    for (const stage of byStage(this.#hooks)) {
      await limited(stage, this.#concurrency, async (step) => {
        if (!this.#signal.aborted) this.#settle(await this.#runHook(step));
      });
    }
  }

  /** Deletes the objects of hooks that are over, as their policies say; with `abandon` also of those that still run. */
  async cleanUp(abandon: boolean): Promise<void> {
    const over = [...this.#before.values()].filter((outcome) => isLeftover(outcome, abandon));
    await limited(over, this.#concurrency, async (outcome) => {
      this.#before.set(outcomeKey(outcome), await cleanedHook(this.#options.cluster, outcome));
    });
  }

  /** delete: what hooks of earlier syncs left goes first, once. */
  async removeLeft(): Promise<void> {
    const { plan, before, cluster } = this.#options;
    if (before !== undefined) return;
    await limited(plan.leftHooks ?? [], this.#concurrency, (left) => deleteHook(cluster, left, "Deleted"));
  }

  async #runHook(step: HookStep): Promise<ObjectOutcome> {
    const { cluster, plan, hooks, own } = this.#options;
    const sealed = hooks.get(step.object);
    const object = sealed
      ? this.#opened(sealed)
      : new SluiceError("Internal", "the artifact does not hold it; sync again");
    if (object instanceof SluiceError) {
      return { ...hookNotAttempted(step), result: "failed", reason: object.code, message: object.message };
    }
    return await runHook({ cluster, application: plan.application, step, object, own, signal: this.#signal });
  }

  /** Applies stage by stage. Throws `ClusterUnavailable` when the cluster itself is away. */
  async applyAll(): Promise<void> {
    await this.#createNamespace();
    for (const stage of byStage(this.#applies)) {
      let left = stage;
      for (const ms of this.#options.pausesMs ?? PAUSES_MS) {
        if (left.length === 0 || this.#signal.aborted) break;
        if (ms > 0) await pause(ms, this.#signal);
        this.#unreached = undefined;
        const again = await limited(left, this.#concurrency, (step) => this.#apply(step));
        left = again.filter((step) => step !== undefined);
      }
      // A cluster that comes and goes may be there whenever it is asked whether it is, and away for each of these.
      if (left.length > 0 && this.#unreached && !this.#signal.aborted) throw this.#unreached;
    }
  }

  /**
   * Deletes last, and only after everything else went well: a half-applied rendering proves nothing. Throws `ClusterUnavailable`
   * when the cluster itself is away.
   */
  async pruneAll(): Promise<void> {
    const failed = [...this.#done.values()].some(({ result }) => result === "failed");
    for (const stage of byStage(this.#prunes)) {
      await limited(stage, this.#concurrency, async (step) => {
        if (this.#signal.aborted) return;
        const why = "some objects could not be applied, so nothing is deleted";
        this.#settle(failed ? notPruned(step, "ApplyFailed", why) : await this.#prune(step));
      });
    }
  }

  get #signal(): AbortSignal {
    return this.#options.context.signal;
  }

  get #concurrency(): number {
    return this.#options.concurrency ?? CONCURRENCY;
  }

  async #createNamespace(): Promise<void> {
    const { plan, objects, cluster } = this.#options;
    const name = plan.createNamespace;
    const used = this.#options.before === undefined && this.#needs(name);
    if (name === undefined || !used || this.#signal.aborted || objects.has(`/Namespace//${name}`)) return;
    const { application, namespaceMetadata: metadata } = plan;
    const failure = await createNamespace(cluster, name, metadata && { metadata, application });
    if (failure !== undefined) this.#blocked.set(`namespace ${name}`, failure);
  }

  /** Whether something is to be made in a namespace, now or in a later part. */
  #needs(namespace: string | undefined): boolean {
    const { steps, hooks = [] } = this.#options.plan;
    const writes = steps.filter(({ action }) => action !== "unchanged" && action !== "refuse" && action !== "prune");
    return [...writes, ...hooks].some(({ key }) => key.namespace === namespace);
  }

  /** The step itself when it is to be tried again, undefined when it has its outcome. */
  async #apply(step: PlanStep): Promise<PlanStep | undefined> {
    const { cluster, plan, digests, objects } = this.#options;
    if (this.#signal.aborted) return undefined;
    if (isNamespaceStep(step)) {
      this.#settle(await applyNamespace(cluster, plan, step));
      return undefined;
    }
    const sealed = objects.get(objectKey(step.key));
    const why = this.#blockedBy(step);
    if (!sealed || why !== undefined) {
      this.#settle(blocked(step, why ?? "the artifact does not hold it; sync again"));
      return undefined;
    }
    const object = this.#opened(sealed);
    if (object instanceof SluiceError) {
      this.#settle(blocked(step, object.message));
      return undefined;
    }
    const result = await applyObject({
      cluster,
      application: plan.application,
      step,
      object,
      force: plan.force === true,
      fieldSet: ownedSet(this.#entryOf(step)),
      ...respectingPlan(plan, this.#options.ignored),
      digests,
      own: this.#options.own,
      signal: this.#signal,
    });
    if (neverReached(result.unavailable)) this.#unreached = result.unavailable;
    await this.#listen(result.unavailable);
    this.#take(result);
    return result.unavailable ? step : undefined;
  }

  /** A value that can't be opened is that one object's failure. */
  #opened(sealed: RawObject): RawObject | SluiceError {
    try {
      return this.#options.open(sealed);
    } catch (thrown) {
      return toSluiceError(thrown);
    }
  }

  async #prune(step: PlanStep): Promise<ObjectOutcome> {
    const { cluster, plan, confirmed = false } = this.#options;
    const entry = this.#entryOf(step);
    const prune = (): Promise<ObjectOutcome> =>
      pruneObject({ cluster, application: plan.application, step, entry, confirmed, signal: this.#signal });
    const outcome = await prune();
    if (outcome.result !== "failed" || outcome.reason !== "ClusterUnavailable") return outcome;
    // Throws when the cluster itself is away; when it is there after all, the object has one more try.
    await cluster.refreshDiscovery();
    return await prune();
  }

  #entryOf({ key }: PlanStep): InventoryEntry | undefined {
    return this.#intended.get(objectKey(key));
  }

  /** Throws when the cluster gives no sign of life at all; one kind that doesn't answer is only that kind's failure. */
  async #listen(unavailable: SluiceError | undefined): Promise<void> {
    this.#silent = unavailable ? this.#silent + 1 : 0;
    if (this.#silent < Math.min(SILENT, this.#applies.length)) return;
    await this.#options.cluster.refreshDiscovery();
    this.#silent = 0;
  }

  #take({ outcome, entry }: ObjectResult): void {
    const text = objectKey(outcome.key);
    if (entry) this.entries.set(text, entry);
    this.#settle(outcome);
    const { key, result, message } = outcome;
    const holds = this.#holds(outcome);
    if (holds === undefined) return;
    if (result === "failed") this.#blocked.set(holds, `its ${key.kind} ${key.name} could not be applied: ${message}`);
    else this.#blocked.delete(holds);
  }

  #settle(outcome: ObjectOutcome): void {
    this.#done.set(outcomeKey(outcome), outcome);
    this.#options.context.heartbeat(this.progress());
  }

  /** What can't be without this object: the content of a namespace, the objects of a CRD's kind. */
  #holds({ key }: ObjectOutcome): string | undefined {
    if (key.group === "" && key.kind === "Namespace") return `namespace ${key.name}`;
    if (!isCrd(key)) return undefined;
    const crd = this.#options.objects.get(objectKey(key));
    const spec = crd?.["spec"] as { group?: string; names?: { kind?: string } } | undefined;
    return `kind ${spec?.group}/${spec?.names?.kind}`;
  }

  #blockedBy({ key, uid }: PlanStep): string | undefined {
    // What exists already needs neither its namespace nor its CRD to be made.
    if (uid !== undefined) return undefined;
    return this.#blocked.get(`namespace ${key.namespace}`) ?? this.#blocked.get(`kind ${key.group}/${key.kind}`);
  }
}
