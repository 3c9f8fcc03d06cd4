import { z } from "zod";
import { durationMs } from "../duration.ts";
import { DNS_LABEL } from "../ids.ts";

export const API_VERSION = "sluice.dev/v1";

/** A name: DNS label, 1 to 63 characters. */
export const Name = z
  .string()
  .regex(DNS_LABEL, "must be a DNS label: lower case letters, digits and '-', at most 63 characters");

export const Metadata = z.strictObject({
  name: Name.describe("Unique among the objects of its kind."),
  labels: z.record(z.string(), z.string()).optional(),
  annotations: z.record(z.string(), z.string()).optional(),
});

/** A year: longer than anything is waited for, and far from where instants can't be counted on any more. */
const LONGEST_DURATION_MS = 366 * 24 * 3_600_000;

/** A duration in Go's form, as Argo CD and Flux write it: `30s`, `5m`, `1h30m`; from a millisecond to 366 days. */
export const Duration = z
  .string()
  .regex(/^(?:\d+(?:\.\d+)?(?:ms|s|m|h))+$/, { error: "must be a duration such as 30s, 5m or 1h30m", abort: true })
  .refine((text) => durationMs(text) >= 1 && durationMs(text) <= LONGEST_DURATION_MS, {
    message: "must be from 1ms to 8784h (366 days)",
  });

export { durationMs } from "../duration.ts";
