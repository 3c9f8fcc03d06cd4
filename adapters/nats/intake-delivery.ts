import type { JsMsg } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/transport-node";
import { IntakeMessage } from "../../schemas/messages.ts";
import { bury } from "./dead-letters.ts";
import { textOf } from "./ledger-read.ts";

/** One message of the intake, to be acknowledged when everything it asks for is durable. */
export interface Delivered {
  message: IntakeMessage;
  sequence: number;
  subject: string;
  /** How often it was delivered, this time included. */
  deliveries: number;
  /** It is handled. Resolves once the server knows. */
  ack(): Promise<void>;
  /** It shall come again, after so many milliseconds. */
  nak(delayMs: number): void;
  /** It is still being worked on: it shall not be delivered to another meanwhile. */
  working(): void;
  /** It can never be handled: it goes to the dead letters with the reason. */
  bury(reason: string): Promise<void>;
}

/** The message as it is handed over, or undefined when it went to the dead letters because nobody can read or handle it. */
export async function deliver(nc: NatsConnection, raw: JsMsg, maxDeliveries: number): Promise<Delivered | undefined> {
  const put = async (reason: string): Promise<undefined> => {
    await bury(nc, { subject: raw.subject, sequence: raw.seq, data: raw.data, reason });
    await raw.ackAck();
  };
  const deliveries = raw.info.deliveryCount;
  const parsed = parse(textOf(raw.data));
  if ("problem" in parsed) return put(parsed.problem);
  if (deliveries > maxDeliveries) return put(`it was delivered ${maxDeliveries} times and never acknowledged`);
  return {
    message: parsed.message,
    sequence: raw.seq,
    subject: raw.subject,
    deliveries,
    ack: async () => void (await raw.ackAck()),
    nak: (delayMs) => raw.nak(delayMs),
    working: () => raw.working(),
    bury: put,
  };
}

/** Lets another consumer have messages at once that this one will not handle. */
export function handBack(messages: readonly JsMsg[]): void {
  for (const message of messages) message.nak();
}

function parse(text: string): { message: IntakeMessage } | { problem: string } {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { problem: "it is not JSON" };
  }
  const parsed = IntakeMessage.safeParse(value);
  if (parsed.success) return { message: parsed.data };
  const [issue] = parsed.error.issues;
  return { problem: `it fits no schema: ${issue?.path.join(".") ?? ""} ${issue?.message ?? ""}`.trim() };
}
