import type { HealthStatus } from "../../schemas/operation.ts";

/** One thing that an application waits for, or that went wrong, with what can be done about it. */
export interface Cause {
  /** One CamelCase word: the hold's, the error's, the health's. */
  reason: string;
  /** What is in the way, in a sentence or two. */
  message: string;
  /** `group/Kind/namespace/name`, when it is about one object. */
  object?: string;
  /** RFC 3339. */
  since?: string;
  /** RFC 3339: when it ends by itself, or is tried again, at the latest. */
  until?: string;
  /** Who can change it. */
  who: string;
  /** The next command to type. */
  next: string;
}

/** Where an application stands; `Kept` is by somebody's choice, a break-glass or a rollback. */
export type Standing = "Waiting" | "Working" | "Failed" | "Kept" | "OutOfSync" | "Unhealthy" | "AsDesired";

/** Why an application is not as it should be, the first cause the one that counts. */
export interface Why {
  application: string;
  standing: Standing;
  /** The commit that it was last compared with or synced to, and when: what came after is not known yet. */
  asOf?: { revision: string; at: string };
  causes: Cause[];
}

/** One object as it is found in the cluster now, with what is found below it: the pods of a workload. */
export interface Look {
  object: string;
  health: HealthStatus;
  message?: string;
  /** The worst of its pods. */
  pod?: { name: string; message: string };
}

/** What an object's look says, the pod's own words first: they name the container and the image. */
export function words(look: Look): string {
  const { message, pod } = look;
  const own = message === undefined ? look.health : message;
  return pod === undefined ? own : `${own}; pod ${pod.name}: ${pod.message}`;
}

/** `Deployment shop/web` of an object key. */
export function readable(object: string): string {
  const [, kind, namespace, name] = object.split("/");
  if (kind === undefined || name === undefined) return object;
  return `${kind} ${namespace ? `${namespace}/` : ""}${name}`;
}
