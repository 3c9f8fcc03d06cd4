import type { HealthStatus } from "../../schemas/operation.ts";

/** Health with which an operation is done. A suspended object waits for somebody, not for us. */
export const isSettled = (health: HealthStatus): boolean => health === "Healthy" || health === "Suspended";

/** What is known of a sync that had nothing to write. */
export interface Unwritten {
  health: HealthStatus;
  /** Objects that failed, though nothing was to be written. */
  failures: readonly unknown[];
  /** It was cut short before its last object. */
  interrupted: boolean;
}

/** Whether a sync that had nothing to write is over: every object was looked at, none failed, and health is one nobody waits for. */
export const isOverUnwritten = ({ health, failures, interrupted }: Unwritten): boolean =>
  isSettled(health) && failures.length === 0 && !interrupted;
