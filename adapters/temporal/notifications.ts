import { type Client, WorkflowExecutionAlreadyStartedError } from "@temporalio/client";
import type { Delivery } from "../../activities/notify.ts";
import { deliveryId } from "../../domain/notification/message.ts";
import { SluiceError } from "../../schemas/errors.ts";
import { NOTIFICATION_WORKFLOW, notificationWorkflowId, TASK_QUEUE } from "../../schemas/ids.ts";

/** How deliveries are begun. */
export interface Notifications {
  /** Begins a delivery; one that was begun before is not begun again. Throws Unavailable when the server is away. */
  deliver(delivery: Delivery): Promise<void>;
}

const DEADLINE_MS = 10_000;

export function createNotifications(
  client: Client,
  { taskQueue = TASK_QUEUE }: { taskQueue?: string } = {},
): Notifications {
  return {
    async deliver(delivery) {
      const { notification, news, account } = delivery;
      const to = account === undefined ? notification : `${notification}/${account}`;
      try {
        await client.withDeadline(Date.now() + DEADLINE_MS, () =>
          client.workflow.start(NOTIFICATION_WORKFLOW.type, {
            workflowId: notificationWorkflowId(to, deliveryId(to, news)),
            taskQueue,
            args: [delivery],
            workflowIdConflictPolicy: "FAIL",
            workflowIdReusePolicy: "REJECT_DUPLICATE",
          }),
        );
      } catch (cause) {
        if (cause instanceof WorkflowExecutionAlreadyStartedError) return;
        throw new SluiceError("Unavailable", "the Temporal server refused or did not answer", {
          next: "check that the Temporal server runs; what was to be told is tried again",
          cause,
        });
      }
    },
  };
}
