import { setTimeout as sleep } from "node:timers/promises";
import { SluiceError } from "../../../schemas/errors.ts";
import type { NotificationView } from "../../../schemas/promotion-views.ts";
import { age } from "../age.ts";
import type { Context, Shown } from "../context.ts";
import { timeoutMs } from "../follow.ts";
import { status } from "../io.ts";

type Delivered = NotificationView["recent"][number];
interface Notification {
  status: { recent: Delivered[]; delayed?: Delivered[] };
}

const pathOf = (name: string): string => `/notifications/${encodeURIComponent(name.replace(/^notification\//, ""))}`;

const resultOf = ({ code, waits }: Delivered & { waits?: boolean }): string =>
  waits ? "Delayed" : code === undefined ? "Delivered" : "Failed";

const rows = ({ io }: Context, name: string): Shown<Delivered> => ({
  columns: [
    { heading: "AGE", cell: ({ at }) => age(at, Date.now()) },
    { heading: "RESULT", cell: (one) => status(io, resultOf(one)) },
    { heading: "TRIGGER", cell: ({ trigger }) => trigger },
    { heading: "ABOUT", cell: ({ subject }) => subject },
    { heading: "TRIES", cell: ({ attempts }) => String(attempts) },
    { heading: "MESSAGE", cell: ({ message }) => message ?? "" },
    { heading: "DELIVERY", cell: ({ delivery }) => delivery, wide: true },
  ],
  name: ({ delivery }) => `delivery/${name}/${delivery}`,
  empty: `Nothing was told by ${name} yet. Try it with: sluice notification test ${name}`,
});

/** Lists the newest deliveries of a notification. */
export async function deliveries(context: Context, name: string): Promise<void> {
  const { status: known } = await context.client.get<Notification>(pathOf(name));
  const waiting = (known.delayed ?? []).map((one) => ({ ...one, waits: true }));
  await context.show([...waiting, ...known.recent], rows(context, name));
}

const LOOK_MS = 250;

/** Sends a message and waits for what becomes of it. */
export async function tryOut(context: Context, name: string, { timeout }: { timeout?: string }): Promise<void> {
  const until = Date.now() + timeoutMs(timeout, "30s");
  const { delivery } = await context.client.post<{ delivery: string }>(`${pathOf(name)}/test`, {});
  while (Date.now() < until) {
    const { status: known } = await context.client.get<Notification>(pathOf(name));
    const found = known.recent.find((one) => one.delivery === delivery);
    if (found) return await tell(context, name, found);
    await sleep(LOOK_MS);
  }
  throw new SluiceError("Timeout", `Notification ${name} has not arrived yet; it is tried again for a day`, {
    next: `See what becomes of it with: sluice notification deliveries ${name}`,
  });
}

async function tell(context: Context, name: string, found: Delivered): Promise<void> {
  if (found.code !== undefined) {
    throw new SluiceError("NotificationRefused", found.message ?? "The message was refused", {
      next: "Look at the notification's address and secrets, and apply it again.",
    });
  }
  if (!(await context.showValue(found))) context.note(`Notification ${name} arrived.`);
}
