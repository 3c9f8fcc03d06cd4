import { proxyActivities, sleep } from "@temporalio/workflow";
import type { Delivery, NotificationSteps } from "../activities/notify.ts";
import { pauseAfter } from "../domain/notification/pause.ts";

/**
 * What the ledger or the views can't tell now they are asked again, for as long as it takes. A service has 15 s to answer, so a try that is
 * not over after twice that died with its worker.
 */
const steps = proxyActivities<NotificationSteps>({
  startToCloseTimeout: "30s",
  retry: { initialInterval: "1s", backoffCoefficient: 2, maximumInterval: "1m" },
});

/** One delivery: tried until the service takes it, refuses it for good, or a day is over; then an event says what became of it. */
export async function notification(delivery: Delivery): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    const sent = await steps.sendNotification(delivery);
    if (sent.status === "skipped") return;
    const pause = sent.status === "later" ? pauseAfter(attempt, sent.afterMs) : undefined;
    if (pause === undefined) {
      const failure = sent.status === "delivered" ? undefined : { code: sent.code, message: sent.message };
      const end = { ...delivery, delivery: sent.delivery, attempts: attempt };
      return await steps.recordDelivery({ ...end, ...(failure && { failure }) });
    }
    if (attempt === 1 && sent.status === "later") {
      const failure = { code: sent.code, message: sent.message };
      await steps.recordDelay({ ...delivery, delivery: sent.delivery, attempts: attempt, failure });
    }
    await sleep(pause);
  }
}
