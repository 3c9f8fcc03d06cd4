import { z } from "zod";
import { API_VERSION } from "../kinds/metadata.ts";

const Metadata = z.object({
  name: z.string(),
  labels: z.record(z.string(), z.string()),
  annotations: z.record(z.string(), z.string()),
});

/** A configuration object as the API shows it: as it would be applied, and what is known of it under `status`. */
export const described = <Kind extends string, Spec extends z.ZodType, Status extends z.ZodType>(
  kind: Kind,
  spec: Spec,
  status: Status,
) => z.object({ apiVersion: z.literal(API_VERSION), kind: z.literal(kind), metadata: Metadata, spec, status });
