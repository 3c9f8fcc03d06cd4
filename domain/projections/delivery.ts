import type { RecordedEvent, RepositoryEvent } from "../../schemas/events/index.ts";
import type { DeliveryView } from "../../schemas/views.ts";

type Handled = Extract<RepositoryEvent, { type: "PushDispatched" | "PushRejected" }>;

/** The deliveries that an event says the outcome of: none but for the two events of a push. */
export function deliveriesOf({ aggregate, event, at }: RecordedEvent): DeliveryView[] {
  if (event.type !== "PushDispatched" && event.type !== "PushRejected") return [];
  const outcome = outcomeOf(event);
  return event.data.deliveries.map(({ delivery, intakeSequence, ref, receivedAt }) => ({
    repository: aggregate.name,
    delivery,
    intakeSequence,
    ref,
    source: event.data.source,
    ...outcome,
    receivedAt,
    handledAt: at,
  }));
}

/** Key of a delivery in its view. */
export const deliveryKey = (view: DeliveryView): string => `${view.repository}/${view.intakeSequence}`;

function outcomeOf({ type, data }: Handled): Pick<DeliveryView, "outcome" | "revision" | "operations" | "message"> {
  if (type === "PushRejected") return { outcome: "Rejected", operations: [], message: data.message };
  const operations = data.operations.map(({ application, operation }) => ({ application, operation }));
  return {
    outcome: operations.length > 0 ? "Dispatched" : "Unchanged",
    ...(data.revision !== undefined && { revision: data.revision }),
    operations,
  };
}
