import { repositoryDecider, type RepositoryCommand } from "../../domain/repository/decider.ts";
import { operationsOf, type DispatchedOperation, type RepositoryState } from "../../domain/repository/state.ts";
import { sha256 } from "../../domain/routing/sha256.ts";
import type { SluiceError } from "../../schemas/errors.ts";
import type { RepositoryEvent } from "../../schemas/events/index.ts";
import type { GitPush } from "../../schemas/messages.ts";
import type { AggregatesPort, IntakeDelivery } from "./ports.ts";

type Push = IntakeDelivery<GitPush>;

/** What is to be said of one resolve, its deliveries aside. */
export interface Dispatch {
  repoURL: string;
  ref: string;
  revision?: string;
  considered: number;
  operations: DispatchedOperation[];
  resolved: Record<string, string | null>;
}

/** An operation takes up to about 250 bytes, and a NATS message holds 1 MB by default. */
const OPERATIONS_IN_A_MESSAGE = 2_500;

/**
 * Appends PushDispatched for the deliveries that nobody recorded yet, and returns the operations that stand in the ledger for them.
 * A dispatch of thousands of operations is several events; the last one carries the deliveries, and without it none counts.
 */
export async function recordDispatch(
  aggregates: AggregatesPort,
  name: string,
  pushes: readonly Push[],
  dispatch: Dispatch,
): Promise<readonly DispatchedOperation[]> {
  const whole = { ...dispatch, source: sourceOf(pushes) };
  const { operations } = dispatch;
  let from = 0;
  for (; operations.length - from > OPERATIONS_IN_A_MESSAGE; from += OPERATIONS_IN_A_MESSAGE) {
    const part = { ...whole, operations: operations.slice(from, from + OPERATIONS_IN_A_MESSAGE) };
    await append(aggregates, name, pushes, { type: "RecordPart", dispatch: part }, `part-${from}`);
  }
  const last = { ...whole, operations: operations.slice(from), deliveries: pushes.map(delivery) };
  const { state, events } = await append(
    aggregates,
    name,
    pushes,
    { type: "RecordDispatch", dispatch: last },
    "dispatch",
  );
  if (events.length > 0) return operations;
  // Somebody else recorded them meanwhile: what stands there holds.
  const recorded = new Map<string, DispatchedOperation>();
  for (const { sequence } of pushes)
    for (const each of operationsOf(state, sequence)) recorded.set(each.operation, each);
  return [...recorded.values()];
}

/** Appends PushRejected for the deliveries that nobody recorded yet. */
export async function recordRejection(
  aggregates: AggregatesPort,
  name: string,
  pushes: readonly Push[],
  error: SluiceError,
): Promise<void> {
  const { repoURL, ref } = pushes[0]!.message;
  const rejection = {
    repoURL,
    ref,
    source: sourceOf(pushes),
    deliveries: pushes.map(delivery),
    code: error.code,
    message: error.message,
  };
  await append(aggregates, name, pushes, { type: "RecordRejection", rejection }, "rejection");
}

function append(
  aggregates: AggregatesPort,
  name: string,
  pushes: readonly Push[],
  command: RepositoryCommand,
  what: string,
): Promise<{ state: RepositoryState; events: RepositoryEvent[] }> {
  const sequences = [...new Set(pushes.map(({ sequence }) => sequence))].toSorted((a, b) => a - b);
  const newest = pushes.reduce((a, b) => (a.sequence > b.sequence ? a : b)).message;
  return aggregates.execute(repositoryDecider, name, command, {
    at: new Date().toISOString(),
    actor: newest.actor,
    cause: newest.delivery,
    messageId: `${what}/${name}/${sha256(sequences.join(" ")).slice(0, 32)}`,
  });
}

const delivery = ({
  message,
  sequence,
}: Push): {
  delivery: string;
  intakeSequence: number;
  ref: string;
  receivedAt: string;
} => ({ delivery: message.delivery, intakeSequence: sequence, ref: message.ref, receivedAt: message.receivedAt });

/** A dispatch is a webhook's as soon as one of its deliveries is. */
const sourceOf = (pushes: readonly Push[]): "webhook" | "poll" =>
  pushes.some(({ message }) => message.source === "webhook") ? "webhook" : "poll";
