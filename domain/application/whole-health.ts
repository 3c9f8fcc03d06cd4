import { HEALTH_ORDER, type HealthStatus, type Others } from "../../schemas/operation.ts";

/** Health of a whole application of which a sync of selected objects saw some: the others count as they were seen. */
export const wholeHealth = (health: HealthStatus, others: Pick<Others, "health"> | undefined): HealthStatus =>
  others && HEALTH_ORDER.indexOf(others.health) > HEALTH_ORDER.indexOf(health) ? others.health : health;
