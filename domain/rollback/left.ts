import type { ApplicationEvent } from "../../schemas/events/index.ts";
import type { StartOperation } from "../application/command.ts";
import type { ApplicationState } from "../application/state.ts";

/** What the start of an operation on another cluster than before says: the objects of the one before are still there. */
export function leftBehind({ operation, cluster }: StartOperation, state: ApplicationState): ApplicationEvent[] {
  const { cluster: before, inventory, resources } = state;
  if (before === undefined || before === cluster || inventory === undefined || resources.length === 0) return [];
  return [{ type: "ObjectsLeft", data: { operation, cluster: before, inventory, resources } }];
}

/** The inventory that an application has on a cluster: its own, or what it left there when it went elsewhere. */
export const inventoryOn = (
  { cluster, inventory, left = [] }: Pick<ApplicationState, "cluster" | "inventory" | "left">,
  name: string,
): string | undefined => (cluster === name ? inventory : left.find((each) => each.cluster === name)?.inventory);
