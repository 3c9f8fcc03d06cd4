import type { NatsConnection } from "@nats-io/transport-node";
import { DEAD_LETTER_STREAM } from "../../schemas/ids.ts";
import { unavailable } from "./failure.ts";
import { publish } from "./publish.ts";

/** A message that could not be handled, with where it lay and why. */
export interface DeadLetter {
  subject: string;
  sequence: number;
  data: Uint8Array;
  reason: string;
}

/** Headers of a dead letter. */
export const DEAD_REASON = "Sluice-Reason";
export const DEAD_SUBJECT = "Sluice-Subject";
export const DEAD_SEQUENCE = "Sluice-Sequence";

/** Puts a message aside, once, under `sluice.dead.<its subject>`; its bytes stay as they were, so that it can be driven again. */
export async function bury(nc: NatsConnection, letter: DeadLetter): Promise<void> {
  const outcome = await publish(nc, {
    subject: `sluice.dead.${letter.subject.replace(/^sluice\./, "")}`,
    data: letter.data,
    headers: {
      "Nats-Msg-Id": `${letter.subject}/${letter.sequence}`,
      "Nats-Expected-Stream": DEAD_LETTER_STREAM,
      // A header ends at its line.
      [DEAD_REASON]: letter.reason.replaceAll(/[\r\n]+/g, " ").slice(0, 1_000),
      [DEAD_SUBJECT]: letter.subject,
      [DEAD_SEQUENCE]: String(letter.sequence),
    },
  });
  if ("refused" in outcome) throw unavailable("put a message aside", outcome.refused);
}
