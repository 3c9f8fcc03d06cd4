import { z } from "zod";
import { Gate } from "./gate.ts";
import { API_VERSION, Metadata } from "./metadata.ts";

export const GatePolicySpec = z.strictObject({
  description: z.string().max(1_000).optional(),
  gates: z
    .array(Gate)
    .min(1)
    .max(50)
    .refine((gates) => gates.every(({ policy }) => policy === undefined), "a policy can't name another policy")
    .refine((gates) => new Set(gates.map(({ name }) => name)).size === gates.length, "gates need different names"),
});

export const GatePolicy = z
  .strictObject({
    apiVersion: z.literal(API_VERSION),
    kind: z.literal("GatePolicy"),
    metadata: Metadata,
    spec: GatePolicySpec,
  })
  .describe("Gates that several stages share, by name.");

export type GatePolicySpec = z.output<typeof GatePolicySpec>;
export type GatePolicy = z.output<typeof GatePolicy>;
