import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import type { Provider } from "../../schemas/providers.ts";

/** The parts of a receiver that decide whether a webhook is its own. */
export interface SignatureRule {
  provider: Provider;
  secret?: string | undefined;
  username?: string | undefined;
  allowUnsigned: boolean;
}

/** What was received, before anything of it is parsed. Header names are in lower case. */
export interface SignedRequest {
  headers: Readonly<Record<string, string | undefined>>;
  body: Buffer;
  /** Milliseconds since 1970. */
  now: number;
  /** How old or how far in the future X-Sluice-Timestamp may be, in milliseconds. */
  replayWindowMs: number;
}

/**
 * Headers that carry an HMAC-SHA256 of the raw body, in the order they are looked for; the first that is there decides, so that a
 * wrong one is never made good by another. Sources: docs.github.com/webhooks/using-webhooks/validating-webhook-deliveries;
 * docs.gitea.com/usage/webhooks; forgejo.org/docs/latest/user/webhooks; gogs.io/advancing/webhooks;
 * support.atlassian.com/bitbucket-cloud/docs/manage-webhooks ("Secure webhooks");
 * confluence.atlassian.com/bitbucketserver/manage-webhooks-938025878.html.
 */
const HMAC_HEADERS: Partial<Record<Provider, readonly { header: string; prefix: string }[]>> = {
  github: [{ header: "x-hub-signature-256", prefix: "sha256=" }],
  gitea: [
    { header: "x-gitea-signature", prefix: "" },
    { header: "x-hub-signature-256", prefix: "sha256=" },
  ],
  forgejo: [
    { header: "x-forgejo-signature", prefix: "" },
    { header: "x-gitea-signature", prefix: "" },
    { header: "x-hub-signature-256", prefix: "sha256=" },
  ],
  gogs: [{ header: "x-gogs-signature", prefix: "" }],
  "bitbucket-cloud": [{ header: "x-hub-signature", prefix: "sha256=" }],
  "bitbucket-server": [{ header: "x-hub-signature", prefix: "sha256=" }],
  generic: [{ header: "x-sluice-signature", prefix: "sha256=" }],
};

/** Stands for the secret where there is none, so that a request without a receiver costs what one with it costs. */
const NO_SECRET = randomBytes(32).toString("hex");

/**
 * Whether the request is signed as its provider signs, with the receiver's secret, in constant time. Without a receiver the same
 * work is done and the answer is no.
 */
export function isAuthentic(rule: SignatureRule, known: boolean, request: SignedRequest): boolean {
  const { given, expected, fresh } = proof(rule, request);
  const equal = sameSecret(given ?? "", expected);
  const hasSecret = rule.secret !== undefined && rule.secret !== "";
  const signed = given !== undefined && hasSecret && equal && fresh;
  const waived = rule.allowUnsigned && (given === undefined || !hasSecret);
  return known && (signed || waived);
}

interface Proof {
  /** What the request carries; undefined when it is unsigned. */
  given: string | undefined;
  expected: string;
  fresh: boolean;
}

function proof(rule: SignatureRule, request: SignedRequest): Proof {
  const secret = rule.secret === undefined || rule.secret === "" ? NO_SECRET : rule.secret;
  switch (rule.provider) {
    // The secret itself comes along. Source: docs.gitlab.com/user/project/integrations/webhooks ("Secret token").
    case "gitlab":
      return { given: request.headers["x-gitlab-token"], expected: secret, fresh: true };
    // Basic authentication. Source: learn.microsoft.com/azure/devops/service-hooks/services/webhooks.
    case "azure-devops":
      return basic(rule.username, secret, request.headers["authorization"]);
    // They sign nothing; some clients send what stands before the host of the address.
    case "docker-hub":
    case "quay":
      return basic(rule.username, secret, request.headers["authorization"]);
    // A header that is set where the webhook is. Sources: goharbor.io (Auth Header); distribution.github.io (headers).
    case "harbor":
    case "distribution":
      return { given: request.headers["authorization"]?.replace(/^Bearer +/i, ""), expected: secret, fresh: true };
    case "generic":
      return timestamped(secret, request);
    case "github":
    case "gitea":
    case "forgejo":
    case "gogs":
    case "bitbucket-cloud":
    case "bitbucket-server":
      return hmac(rule.provider, secret, request, [request.body]);
  }
}

function hmac(provider: Provider, secret: string, request: SignedRequest, signed: readonly (string | Buffer)[]): Proof {
  const headers = HMAC_HEADERS[provider] ?? [];
  const found = headers.find(({ header }) => request.headers[header] !== undefined) ?? headers[0];
  const mac = createHmac("sha256", secret);
  for (const part of signed) mac.update(part);
  const expected = `${found?.prefix ?? ""}${mac.digest("hex")}`;
  return { given: found && request.headers[found.header]?.toLowerCase(), expected, fresh: true };
}

/** `X-Sluice-Signature: sha256=<hex>` over the body, or over `<timestamp>.<body>` with X-Sluice-Timestamp (Unix seconds). */
function timestamped(secret: string, request: SignedRequest): Proof {
  const timestamp = request.headers["x-sluice-timestamp"];
  if (timestamp === undefined) return hmac("generic", secret, request, [request.body]);
  const age = Math.abs(request.now - Number(timestamp) * 1_000);
  const fresh = /^\d{1,12}$/.test(timestamp) && age <= request.replayWindowMs;
  return { ...hmac("generic", secret, request, [`${timestamp}.`, request.body]), fresh };
}

function basic(username: string | undefined, secret: string, authorization: string | undefined): Proof {
  const encoded = /^Basic ([A-Za-z0-9+/=]+)$/i.exec(authorization ?? "")?.[1];
  const given = encoded === undefined ? authorization : Buffer.from(encoded, "base64").toString("utf8");
  if (username !== undefined || given === undefined)
    return { given, expected: `${username ?? ""}:${secret}`, fresh: true };
  // Without a configured name any name will do: the password is the secret.
  return { given: given.slice(given.indexOf(":") + 1), expected: secret, fresh: true };
}

/** Equality in a time that depends on neither text: both go through a keyed hash of one length first. */
function sameSecret(given: string, expected: string): boolean {
  const key = randomBytes(32);
  const digest = (text: string): Buffer => createHmac("sha256", key).update(text).digest();
  return timingSafeEqual(digest(given), digest(expected));
}
