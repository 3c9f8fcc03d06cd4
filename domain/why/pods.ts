import type { RawObject } from "../../schemas/artifact.ts";
import { HEALTH_ORDER } from "../../schemas/operation.ts";
import { health } from "../health/health.ts";
import type { Look } from "./cause.ts";

/** The pod that is worst off, with its own words; undefined when all are well. The first by name among equals. */
export function worstPod(pods: readonly RawObject[]): Look["pod"] {
  const judged = pods
    .map((pod) => ({ name: pod.metadata.name, ...health(pod) }))
    .filter(({ status }) => status !== "Healthy")
    .toSorted((a, b) => HEALTH_ORDER.indexOf(b.status) - HEALTH_ORDER.indexOf(a.status) || (a.name < b.name ? -1 : 1));
  const [worst] = judged;
  return worst && { name: worst.name, message: worst.message ?? worst.status };
}
