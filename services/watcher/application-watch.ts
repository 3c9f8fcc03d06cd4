import { hash } from "node:crypto";
import { withoutPaths } from "../../domain/diff/path.ts";
import { changedByIgnored, withoutManaged } from "../../domain/diff/recorded.ts";
import { isAwaited, nothingTurned, withGone, withSeen } from "../../domain/watch/awaited.ts";
import { dueIn, LOOK_MS, REPORT_MS } from "../../domain/watch/coalesce.ts";
import { doubt, healthOf, isGone, sightKey } from "../../domain/watch/compare.ts";
import type { Expected, Sight } from "../../domain/watch/compare.ts";
import { notedHealth } from "../../domain/watch/unhealthy.ts";
import { touchedBy } from "../../domain/watch/managers.ts";
import { isExact, isIgnored, isStanding } from "../../domain/drift/watched.ts";
import { assemble, pauseFor, turned } from "../../domain/watch/report.ts";
import type { Drifted, ObjectState, Said, WatchReport } from "../../domain/watch/report.ts";
import type { Inventory } from "../../schemas/artifact.ts";
import { clusterMessageId } from "../../schemas/ids.ts";
import type { ClusterChanged } from "../../schemas/messages.ts";
import type { ApplicationView } from "../../schemas/views.ts";
import type { DriftDetail } from "./drift-detail.ts";
import type { FieldSets } from "./field-sets.ts";
import { trackInventory } from "./inventory.ts";
import type { TrackedEntry, TrackedInventory } from "./inventory.ts";
import { judged, observe } from "./observe.ts";
import { judgeByOwnCheck } from "./own-health.ts";
import { isStale, type Settled } from "./settled.ts";
import type { Judgement, Logger, Observed, RawObject, WatcherBlobs, WatcherIntake } from "./ports.ts";

/** What an application asks of its cluster. */
export interface Sightings {
  /** `wait`: it is being listed, and nothing can be said of the application before. */
  sight(entry: TrackedEntry): Sight | "wait";
  /** Reads one live object; throws when that cannot be done. */
  read(entry: TrackedEntry): Promise<RawObject | undefined>;
}

export interface ApplicationWatchDeps {
  cluster: string;
  sightings: Sightings;
  blobs: WatcherBlobs;
  intake: WatcherIntake;
  judgement: Judgement;
  detail: DriftDetail;
  fieldSets: FieldSets;
  log: Logger;
  onPublished(): void;
}

const RETRY_MS = 2_000;
/** After so long without an effect on the view a report counts as lost. */
const UNHEARD_MS = 60_000;
/** Drift that stands although it is to be put back is said again after so long, ever more rarely: what was asked for may have failed. */
const STANDING_MS = 30_000;
const LONGEST_STANDING_MS = 30 * 60_000;

/** Follows one application: looks at its objects when something changed, and publishes when something turned. */
export class ApplicationWatch {
  readonly name: string;
  readonly #deps: ApplicationWatchDeps;
  #view: ApplicationView;
  #inventory: TrackedInventory | undefined;
  #loading: Promise<void> | undefined;
  #said: Said;
  /** What turned since the last report: a running operation may be waiting for just that. */
  #turned = nothingTurned;
  /** When the last report was published, and how often it was said again because nobody took it up. */
  #published: { at: number; repeats: number } | undefined;
  /** Since when drift stands that nobody puts back, and how often it was said again. */
  #standing: { at: number; repeats: number; due: boolean } | undefined;
  /** Doubts settled, each for one sight of its object. */
  #settled = new Map<Expected, Settled>();
  #timer: NodeJS.Timeout | undefined;
  #lastLook: number | undefined;
  #lastReport: number | undefined;
  /** Milliseconds to the next look when the running one asks for it. */
  #next: number | undefined;
  #looking: Promise<void> | undefined;
  #stopped = false;

  constructor(view: ApplicationView, deps: ApplicationWatchDeps) {
    this.name = view.name;
    this.#deps = deps;
    this.#view = view;
    this.#said = saidBy(view);
  }

  get resources(): readonly string[] {
    return this.#view.resources;
  }

  /** Resolves when the inventory of the view is loaded, or could not be for now. */
  ready(): Promise<void> {
    return (this.#loading ??= this.#load().finally(() => (this.#loading = undefined)));
  }

  /** Takes a newer view. What it says of health and drift is what was last said, but for a running operation, which tells nobody. */
  update(view: ApplicationView): void {
    const { running } = this.#view;
    const same = view.running !== undefined && view.running === running;
    this.#view = view;
    this.#standing = isStanding(view) ? this.#standingSince(running) : undefined;
    if (!same) {
      this.#said = saidBy(view);
      this.#turned = nothingTurned;
      this.#published = undefined;
    }
    void this.ready().then(() => this.changed());
  }

  /** Reduces a live object of this application to what is kept of it. */
  observe(object: RawObject, resource: string, before: Observed | undefined): Observed {
    const expected = this.#inventory?.find(resource, object.metadata.namespace ?? "", object.metadata.name);
    const context = { application: this.name, running: this.#view.running !== undefined, expected };
    const observed = observe(object, context, this.#deps);
    const { uid, resourceVersion } = object.metadata;
    const known = before && { ...before };
    const seen = (): void => {
      this.#turned = withSeen(this.#turned, { observed, before: known, version: `${uid}@${resourceVersion}` });
    };
    const answered = (): void => {
      seen();
      this.changed();
    };
    const { judgement } = this.#deps;
    if (!judgeByOwnCheck(object, { observed, before: known }, { judgement, answered })) seen();
    return observed;
  }

  /** An object with its label went: an operation may wait for just that. */
  gone(version: string): void {
    if (this.#view.running !== undefined) this.#turned = withGone(this.#turned, version);
    this.changed();
  }

  /** Something about it changed: it is looked at at once, or at the end of the interval since the last look. */
  changed(delay = dueIn(LOOK_MS, this.#lastLook, performance.now())): void {
    if (this.#stopped || this.#timer) return;
    if (this.#looking) return this.#later(delay);
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#lastLook = performance.now();
      this.#looking = this.#look()
        .catch((error: unknown) => this.#failed(error))
        .finally(() => {
          const next = this.#next;
          this.#looking = undefined;
          this.#next = undefined;
          if (next !== undefined) this.changed(next);
        });
    }, delay);
  }

  /** Asks for a look after the running one; the sooner of several wishes holds. */
  #later(delay: number): void {
    this.#next = Math.min(delay, this.#next ?? delay);
  }

  /** A report that never came to the view was lost on its way, or led to nothing: it is said again, ever more rarely. */
  repeatUnheard(): void {
    this.#repeatStanding();
    if ([...this.#settled.values()].some(isStale)) this.changed();
    const published = this.#published;
    if (!published || this.#view.running !== undefined || !turned(this.#said, saidBy(this.#view), isExact(this.#view)))
      return;
    if (performance.now() - published.at < UNHEARD_MS * 2 ** published.repeats) return;
    published.repeats += 1;
    this.#said = saidBy(this.#view);
    this.changed();
  }

  /** An operation that ended has not put it back: that is said at once, and how soon it is tried again decided elsewhere. */
  #standingSince(running: string | undefined): { at: number; repeats: number; due: boolean } {
    const ended = running !== undefined;
    return (ended ? undefined : this.#standing) ?? { at: performance.now(), repeats: 0, due: ended };
  }

  #repeatStanding(): void {
    const standing = this.#standing;
    if (!standing) return;
    const pause = Math.min(LONGEST_STANDING_MS, STANDING_MS * 2 ** standing.repeats);
    if (performance.now() - standing.at < pause) return;
    this.#standing = { at: performance.now(), repeats: standing.repeats + 1, due: true };
    this.changed();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#looking;
    await this.#loading;
    this.#inventory?.release();
    this.#inventory = undefined;
  }

  #failed(error: unknown): void {
    const { log } = this.#deps;
    log.warn({ err: error, application: this.name }, "the watch could not settle or report a change; it tries again");
    this.#next = RETRY_MS;
  }

  async #load(): Promise<void> {
    const { blobs, fieldSets, log } = this.#deps;
    for (let digest = this.#view.inventory; digest !== this.#inventory?.digest; digest = this.#view.inventory) {
      let next: TrackedInventory | undefined;
      try {
        next =
          digest === undefined ? undefined : trackInventory(digest, await blobs.getJson<Inventory>(digest), fieldSets);
      } catch (error) {
        log.warn(
          { err: error, application: this.name, digest },
          "the inventory could not be loaded; it is tried again",
        );
        if (!this.#stopped) setTimeout(() => void this.ready().then(() => this.changed()), RETRY_MS).unref();
        return;
      }
      this.#inventory?.release();
      this.#inventory = next;
      this.#settled.clear();
    }
  }

  async #look(): Promise<void> {
    const view = this.#view;
    const inventory = this.#inventory;
    if (this.#stopped || !inventory || inventory.digest !== view.inventory) return;
    const before = this.#sights(inventory);
    if (!before && view.running !== undefined) return await this.#tellPart(view, inventory);
    const open = view.running === undefined ? before?.filter(({ entry, sight }) => this.#isOpen(entry, sight)) : [];
    if (!open) return;
    // What was read now is newer than any sight of it, whatever came in meanwhile.
    const fresh = new Map<Expected, Settled>();
    const detail = this.#deps.detail(view);
    await Promise.all(
      open.map(async ({ entry, sight }) => {
        const live = await this.#deps.sightings.read(entry);
        const drift = await this.#detailed(this.#drift(entry, live), { entry, live, detail });
        // One that is there and not seen has lost its label.
        const hidden = sight.kind === "absent" && live ? judged(live, this.#deps.judgement) : undefined;
        const settled = { sight: sightKey(sight), drift, ...(hidden && { hidden, at: performance.now() }) };
        fresh.set(entry, settled);
        this.#settled.set(entry, settled);
      }),
    );
    const seen = open.length > 0 ? this.#sights(inventory) : before;
    if (this.#view !== view || this.#inventory !== inventory || !seen) this.#later(LOOK_MS);
    else await this.#report(view, inventory, seen, fresh);
  }

  #sights(inventory: TrackedInventory): Seen[] | undefined {
    const seen: Seen[] = [];
    for (const entry of inventory.entries) {
      const sight = this.#deps.sightings.sight(entry);
      if (sight === "wait") return undefined;
      if (!isGone(entry, sight)) seen.push({ entry, sight });
    }
    return seen;
  }

  /** A kind that comes with a later wave can't be listed yet; what an operation waits for now may have come all the same. */
  async #tellPart(view: ApplicationView, inventory: TrackedInventory): Promise<void> {
    const seen = inventory.entries.flatMap((entry): Seen[] => {
      const sight = this.#deps.sightings.sight(entry);
      return sight === "wait" ? [] : [{ entry, sight }];
    });
    const sights = seen.map(({ sight }) => sight);
    if (isAwaited(this.#turned, sights)) await this.#report(view, inventory, seen, new Map());
  }

  #isOpen(entry: TrackedEntry, sight: Sight): boolean {
    if (isIgnored(this.#view)) return false;
    const settled = this.#settled.get(entry);
    return doubt(entry, sight) !== undefined && (settled?.sight !== sightKey(sight) || isStale(settled));
  }

  /** Made from a read of the object and not from a sight of it: the watch may lag behind the inventory. */
  #drift(entry: TrackedEntry, live: RawObject | undefined): Drifted | undefined {
    const { object } = entry;
    if (!live) return { object, uid: entry.uid, change: "deleted", managers: [] };
    const uid = live.metadata.uid ?? null;
    const fieldSet: unknown = entry.fieldSet === undefined ? undefined : JSON.parse(entry.fieldSet);
    const managers = touchedBy(live, fieldSet);
    if (uid !== entry.uid) return { object, uid, change: "replaced", managers };
    const same = fieldSet === undefined || this.#isAsApplied(live, fieldSet, entry);
    return same ? undefined : { object, uid, change: "modified", managers };
  }

  /** That it drifted must be told even where it can't be told how. */
  async #detailed(
    drift: Drifted | undefined,
    of: { entry: TrackedEntry; live: RawObject | undefined; detail: ReturnType<DriftDetail> },
  ): Promise<Drifted | undefined> {
    const { entry, live, detail } = of;
    if (!drift || !live) return drift;
    const fieldSet: unknown = entry.fieldSet === undefined ? undefined : JSON.parse(entry.fieldSet);
    const counted = withoutManaged(live, fieldSet, entry.ignored?.managers ?? []);
    try {
      return { ...drift, ...(await detail(entry.object, live, counted)) };
    } catch (error) {
      this.#deps.log.warn({ err: error, object: entry.object }, "what changed could not be told");
      return drift;
    }
  }

  #isAsApplied(live: RawObject, fieldSet: unknown, { fields, ignored }: TrackedEntry): boolean {
    const counted = withoutPaths(live, ignored?.within ?? []);
    if (this.#deps.judgement.fieldsDigest(counted, fieldSet) === fields) return true;
    return changedByIgnored(live, { fieldSet, managers: ignored?.managers ?? [] });
  }

  async #report(
    view: ApplicationView,
    inventory: TrackedInventory,
    seen: readonly Seen[],
    fresh: ReadonlyMap<Expected, Settled>,
  ): Promise<void> {
    const report = assemble(seen.map((one) => this.#state(one, fresh)));
    // Drift is nobody's business while an operation runs; what was said of it before stands.
    if (view.running !== undefined) report.drifted = [...this.#said.drifted];
    const standing = this.#standing?.due === true && report.drifted.length > 0;
    const told = this.#turned;
    const sights = seen.map(({ sight }) => sight);
    const awaited = view.running !== undefined && isAwaited(told, sights);
    // Who runs is told of the whole and of what he waits for, not of each object.
    const unhealthy = view.running === undefined ? notedHealth(report.unhealthy) : this.#said.unhealthy;
    const said: Said = { ...report, unhealthy };
    const pause = awaited || standing ? REPORT_MS : pauseFor(said, this.#said, isExact(view));
    if (pause === undefined) return;
    const due = dueIn(pause, this.#lastReport, performance.now());
    if (due > 0) return this.#later(due);
    const { cluster, intake } = this.#deps;
    const content = { cluster, application: this.name, ...report, inventory: inventory.digest };
    const message: ClusterChanged = { type: "cluster.changed", ...content, observedAt: new Date().toISOString() };
    this.#turned = nothingTurned;
    this.#lastReport = performance.now();
    try {
      const repeats = (this.#published?.repeats ?? 0) + (this.#standing?.repeats ?? 0);
      await intake.publish(
        message,
        messageIdOf(report, { view, inventory, seen, cluster, repeats, ended: told.ended }),
      );
      this.#published = { at: performance.now(), repeats: this.#published?.repeats ?? 0 };
      if (this.#standing) this.#standing.due = false;
    } catch (error) {
      this.#turned = {
        waves: new Set([...told.waves, ...this.#turned.waves]),
        ended: [...told.ended, ...this.#turned.ended],
      };
      throw error;
    }
    this.#deps.onPublished();
    if (this.#view.running === view.running) this.#said = said;
  }

  #state({ entry, sight }: Seen, fresh: ReadonlyMap<Expected, Settled>): ObjectState {
    const settled = fresh.get(entry) ?? this.#settled.get(entry);
    const hidden = sight.kind === "absent" ? settled?.hidden : undefined;
    const { status, message } = hidden ?? healthOf(sight);
    const drift = fresh.has(entry) ? fresh.get(entry)?.drift : this.#knownDrift(entry, sight);
    return { object: entry.object, health: status, ...(message === undefined ? {} : { message }), drift };
  }

  #knownDrift(entry: TrackedEntry, sight: Sight): Drifted | undefined {
    if (isIgnored(this.#view)) return undefined;
    const unsure = sight.kind === "unknown" || this.#isOpen(entry, sight);
    // Of what cannot be seen, or came up this very moment, what was last said stands: not knowing is no news.
    if (unsure) return this.#said.drifted.find(({ object }) => object === entry.object);
    return doubt(entry, sight) === undefined ? undefined : this.#settled.get(entry)?.drift;
  }
}

interface Seen {
  entry: TrackedEntry;
  sight: Sight;
}

const saidBy = ({ health, drift }: ApplicationView): Said => ({
  health: health.status,
  unhealthy: health.objects,
  drifted: drift,
});

/**
 * The same for the same look, so that a publish of unknown outcome, or two owners for a moment, make one message. Never the
 * same for a later one: a state that returns (A, B, A) comes with other resource versions or another view, and would else be
 * dropped as a duplicate.
 */
function messageIdOf(
  report: WatchReport,
  made: {
    view: ApplicationView;
    inventory: TrackedInventory;
    seen: readonly Seen[];
    cluster: string;
    repeats: number;
    ended: readonly string[];
  },
): string {
  const { view, inventory, seen, cluster, repeats, ended } = made;
  const sights = seen.map(({ entry, sight }) => `${entry.object} ${sightKey(sight)}`).sort();
  const text = JSON.stringify([view.sequence, inventory.digest, report, sights, repeats, ended]);
  return clusterMessageId(cluster, view.name, hash("sha256", text, "hex"));
}
