import { z } from "zod";
import { ActorSchema } from "../facts.ts";
import { Name } from "../kinds/metadata.ts";
import { ReasonText } from "./plain-text.ts";
import { list, MISSING, named, read } from "./route-parts.ts";

export const UnpinRequest = z
  .strictObject({ reason: ReasonText.optional().describe("Why; it stands in the ledger.") })
  .meta({ id: "UnpinRequest" });

export const Unpinned = z
  .object({
    application: z.string(),
    unpinned: z.boolean().describe("False where nothing was pinned."),
    sequence: z.int(),
  })
  .meta({ id: "Unpinned" });
export type Unpinned = z.output<typeof Unpinned>;

export const SigningKeyRequest = z
  .strictObject({
    privateKey: z
      .string()
      .min(1)
      .max(16_384)
      .describe("A private key in OpenSSH's format without a passphrase. It is sealed, and never told again."),
  })
  .meta({ id: "SigningKeyRequest" });

export const SigningKeyObject = z
  .object({
    name: z.string(),
    publicKey: z.string().describe("`ssh-ed25519 AAAA…`, for allowed_signers and for the Git provider."),
    fingerprint: z.string(),
    by: ActorSchema,
    at: z.string(),
  })
  .meta({ id: "SigningKey" });
export type SigningKeyObject = z.output<typeof SigningKeyObject>;

export const RemovedSigningKey = z.object({ name: z.string(), sequence: z.int() }).meta({ id: "RemovedSigningKey" });

const keyed = { params: z.strictObject({ name: Name }) } as const;

/** Routes about what promotions leave in applications and repositories. */
export const movingRoutes = {
  unpin: {
    ...named,
    method: "POST",
    path: "/applications/:name/unpin",
    summary: "Let an application follow its spec again instead of what a promotion pinned",
    tag: "applications",
    body: UnpinRequest,
    status: 200,
    answer: Unpinned,
    errors: [...MISSING, "Unavailable"],
  },
  listSigningKeys: {
    ...read,
    path: "/signing-keys",
    summary: "Keys that commits of promotions are signed with, their public halves",
    tag: "promotions",
    answer: list(SigningKeyObject),
    errors: [],
  },
  addSigningKey: {
    ...keyed,
    method: "POST",
    path: "/signing-keys/:name",
    summary: "Give a key that commits are signed with; it takes the place of one of the same name",
    tag: "promotions",
    body: SigningKeyRequest,
    status: 200,
    answer: SigningKeyObject,
    errors: [...MISSING, "Unavailable"],
  },
  removeSigningKey: {
    ...keyed,
    method: "DELETE",
    path: "/signing-keys/:name",
    summary: "Forget a key: what would be signed with it is refused from then on",
    tag: "promotions",
    status: 200,
    answer: RemovedSigningKey,
    errors: [...MISSING, "Unavailable"],
  },
} as const;
