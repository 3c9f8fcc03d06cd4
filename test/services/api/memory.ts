import { createHash } from "node:crypto";
import type { Delivery } from "../../../activities/notify.ts";
import type { Append, ApiPorts, CredentialKind, Head } from "../../../services/api/ports.ts";
import { project as foldReal, rank, type Rows } from "../../../domain/projections/project.ts";
import { createKeyring } from "../../../adapters/secrets/keyring.ts";
import type { Decider } from "../../../domain/decider.ts";
import { SluiceError } from "../../../schemas/errors.ts";
import type { DomainEvent, RecordedEvent } from "../../../schemas/events/index.ts";
import { type AggregateRef, ledgerSubject } from "../../../schemas/ids.ts";
import type { IntakeMessage } from "../../../schemas/messages.ts";
import type { ViewName, Views } from "../../../schemas/views.ts";
import { createInTurn } from "../../../services/api/in-turn.ts";

const HASH = "0".repeat(64);

/** Aggregates whose views are folded as the projector does it. */
const FOLDED: readonly string[] = [
  "pipeline",
  "releasesource",
  "gatepolicy",
  "analysistemplate",
  "notification",
  "account",
];

/** All of the API's ports in memory: a ledger with heads and atomic appends, and views folded from it at once. */
export function memoryPorts() {
  const events: RecordedEvent[] = [];
  const heads = new Map<string, number>();
  const waiting = new Set<() => void>();
  const secrets = new Map<string, unknown>();
  const published: { message: IntakeMessage; messageId: string }[] = [];
  const told: Delivery[] = [];
  const blobs = new Map<string, unknown>();
  const views = new Map<ViewName, Map<string, unknown>>();
  const failures: { appendAll?: (appends: Append[]) => Error | undefined } = {};
  let sequence = 0;

  const table = (view: ViewName) => {
    const found = views.get(view) ?? new Map<string, unknown>();
    views.set(view, found);
    return found;
  };
  const rows: Rows = {
    get: (view, key) => table(view).get(key) as never,
    set: (view, key, value) => void table(view).set(key, value),
    remove: (view, key) => void table(view).delete(key),
  };
  const headOf = (ref: AggregateRef): Head => ({ sequence: heads.get(ledgerSubject(ref)) ?? 0, hash: HASH });

  const record = ({ ref, events: added, meta }: Append): Head => {
    sequence += 1;
    heads.set(ledgerSubject(ref), sequence);
    added.forEach((event, index) => {
      events.push({
        aggregate: ref,
        event,
        sequence,
        index,
        at: meta.at,
        actor: meta.actor,
        cause: meta.cause,
      });
      if (FOLDED.includes(ref.type)) foldReal(rows, events.at(-1)!);
      else project(table, ref, event, sequence, meta.at);
    });
    for (const wake of waiting) wake();
    return { sequence, hash: HASH };
  };

  const appendAll = async (appends: Append[]): Promise<Head[]> => {
    const failure = failures.appendAll?.(appends);
    if (failure) throw failure;
    for (const { ref, expected } of appends) {
      if (headOf(ref).sequence !== expected.sequence) throw new SluiceError("LedgerConflict", "moved");
    }
    return appends.map(record);
  };

  async function* follow({ after, signal }: { after: number; signal: AbortSignal }) {
    let at = after;
    while (!signal.aborted) {
      const batch = events.filter((event) => event.sequence > at);
      if (batch.length > 0 || at === after) {
        at = Math.max(at, sequence);
        yield { events: batch, sequence: at, caughtUp: true };
      }
      await new Promise<void>((resolve) => {
        const wake = () => {
          waiting.delete(wake);
          resolve();
        };
        waiting.add(wake);
        signal.addEventListener("abort", wake, { once: true });
        if (sequence > at || signal.aborted) wake();
      });
    }
  }

  const ports: ApiPorts = {
    views: {
      get: <View extends ViewName>(view: View, key: string) => table(view).get(key) as Views[View] | undefined,
      list: <View extends ViewName>(view: View, options: { prefix?: string; newest?: boolean } = {}) =>
        [...table(view)]
          .filter(([key]) => key.startsWith(options.prefix ?? ""))
          .toSorted(([a], [b]) => (a < b ? -1 : 1))
          .map(([key, value]) => ({ key, value: value as Views[View] }))
          .toSorted((a, b) => (options.newest ? rank(view, b.value) - rank(view, a.value) : 0)),
    },
    projector: { reached: async () => undefined, sequence: () => sequence },
    ledger: {
      appendAll,
      async *read(ref, options = {}) {
        yield* events.filter(
          (event) => ledgerSubject(event.aggregate) === ledgerSubject(ref) && event.sequence > (options.after ?? 0),
        );
      },
      follow,
      last: async () => sequence,
      verify: async () => ({ checked: sequence, broken: [] }),
    },
    aggregates: {
      load: async <State, Command, Event extends DomainEvent>(
        decider: Decider<State, Command, Event>,
        name: string,
      ) => {
        const ref = { type: decider.aggregate, name };
        const own = events.filter((event) => ledgerSubject(event.aggregate) === ledgerSubject(ref));
        const state = own.reduce((before, { event }) => decider.evolve(before, event as Event), decider.initial);
        return { state, head: headOf(ref) };
      },
    },
    credentials: {
      put: async (kind: CredentialKind, name: string, value: unknown) => secrets.set(`${kind}/${name}`, value),
      get: async <Value>(kind: CredentialKind, name: string) => secrets.get(`${kind}/${name}`) as Value | undefined,
      delete: async (kind: CredentialKind, name: string) => void secrets.delete(`${kind}/${name}`),
    },
    intake: {
      publish: async (message, messageId) => ({ sequence: published.push({ message, messageId }), duplicate: false }),
    },
    blobs: {
      getJson: async <Value>(digest: string) => {
        if (!blobs.has(digest)) throw new SluiceError("NotFound", `no blob ${digest}`);
        return blobs.get(digest) as Value;
      },
    },
    digest: (text) => createHash("sha256").update(`key${text}`).digest("hex"),
    mask: (object) => object,
    notifications: { deliver: async (delivery) => void told.push(delivery) },
    compare: async () => ({ revision: "a".repeat(40), objects: [] }),
    actions: async () => [],
    jqProblem: async () => undefined,
    inTurn: createInTurn(async () => ({ release: async () => undefined })),
    renderUpload: async () => ({ local: "b".repeat(64), objects: 0 }),
    healthProblems: async () => [],
    gateProblem: async () => undefined,
    breakGlass: {
      checkCommit: async () => undefined,
      diff: async () => ({ revision: "a".repeat(40), files: [], skipped: [], added: [] }),
    },
    lookAtSource: async () => ({ failures: {}, sequence: 0 }),
    orphans: async () => ({ items: [], unread: [], truncated: false, warn: false }),
    clusterState: () => undefined,
    checkRepository: async () => 1,
    decide: async () => {
      throw new SluiceError("Unavailable", "no Temporal server");
    },
    stageProgress: async () => undefined,
    previewPromotion: async () => ({ blob: "difference" }),
    seals: createKeyring([new Uint8Array(32).fill(7)]),
    why: async (application) => ({ application, standing: "AsDesired", causes: [] }),
    doctor: async () => [{ check: "nats", status: "ok", message: "JetStream syncs every write" }],
    rebuild: async () => ({ events: events.length, sequence, durationMs: 1, identical: true }),
  };
  return { ports, events, secrets, published, told, blobs, table, failures, record };
}

/** Just enough of the projections: configuration, as the projector folds it. */
function project(
  table: (view: ViewName) => Map<string, unknown>,
  ref: AggregateRef,
  { type, data }: DomainEvent,
  sequence: number,
  at: string,
): void {
  const view = {
    application: "applications",
    project: "projects",
    cluster: "clusters",
    repository: "repositories",
    resourcecustomization: "resourceCustomizations",
  }[ref.type as "application"] as ViewName | undefined;
  if (!view) return;
  const rows = table(view);
  if (type.endsWith("Deleted")) rows.delete(ref.name);
  if (!/^(Application|Project|Cluster|Repository|ResourceCustomization)(Created|Updated)$/.test(type)) return;
  const before = rows.get(ref.name) as { createdAt?: string } | undefined;
  const extra =
    view === "applications"
      ? {
          sync: { status: "Unknown", since: at },
          health: { status: "Unknown", since: at, objects: [] },
          drift: [],
          resources: [],
        }
      : view === "repositories"
        ? { refs: {} }
        : {};
  rows.set(ref.name, {
    ...extra,
    ...before,
    ...(data as object),
    name: ref.name,
    createdAt: before?.createdAt ?? at,
    updatedAt: at,
    sequence,
  });
}
