import { z } from "zod";
import { ActorSchema } from "../facts.ts";
import { Name } from "../kinds/metadata.ts";
import { list, MISSING, read } from "./route-parts.ts";

export const SecretRequest = z
  .strictObject({
    key: z
      .string()
      .regex(/^[-._a-zA-Z0-9]{1,253}$/, "must be made of letters, digits, '-', '_' and '.'")
      .describe("Its key, as `secretKeyRef.key` names it."),
    value: z.string().min(1).max(100_000).describe("It is sealed, and never told again."),
  })
  .meta({ id: "SecretRequest" });

export const SecretObject = z
  .object({ name: z.string(), keys: z.array(z.string()), by: ActorSchema, at: z.string() })
  .meta({ id: "Secret" });
export type SecretObject = z.output<typeof SecretObject>;

export const RemovedSecret = z.object({ name: z.string(), sequence: z.int() }).meta({ id: "RemovedSecret" });

const named = { params: z.strictObject({ name: Name }) } as const;

/** Routes of the secrets that verifications use. */
export const secretRoutes = {
  listSecrets: {
    ...read,
    path: "/secrets",
    summary: "Secrets of verifications: their names and keys, never their values",
    tag: "promotions",
    answer: list(SecretObject),
    errors: [],
  },
  giveSecret: {
    ...named,
    method: "POST",
    path: "/secrets/:name",
    summary: "Give one value of a secret; it takes the place of one of the same key",
    tag: "promotions",
    body: SecretRequest,
    status: 200,
    answer: SecretObject,
    errors: [...MISSING, "Unavailable"],
  },
  removeSecret: {
    ...named,
    method: "DELETE",
    path: "/secrets/:name",
    summary: "Forget a secret: what is measured with it is an error from then on",
    tag: "promotions",
    status: 200,
    answer: RemovedSecret,
    errors: [...MISSING, "Unavailable"],
  },
} as const;
