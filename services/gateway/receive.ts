import { createHash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { normalise } from "../../domain/webhook/normalise.ts";
import type { WebhookEvent } from "../../domain/webhook/event.ts";
import { namedAddress } from "../../domain/routing/match.ts";
import { SluiceError } from "../../schemas/errors.ts";
import { DNS_LABEL } from "../../schemas/ids.ts";
import { PROVIDERS, type Provider } from "../../schemas/providers.ts";
import type { GitPush, IntakeMessage } from "../../schemas/messages.ts";
import { contentKind, parseBody } from "./body.ts";
import { answer, problem, type Answer } from "./problem.ts";
import { isAuthentic } from "./signature.ts";

/** A Repository as the gateway needs it: what it covers and how its webhooks are signed. */
export interface Receiver {
  provider: Provider;
  url: string;
  match: "exact" | "prefix";
  secret?: string;
  username?: string;
  allowUnsigned: boolean;
}

/** Stores a message durably; throws when that is not acknowledged. */
export interface IntakePublisher {
  publish(message: IntakeMessage, messageId: string): Promise<{ sequence: number; duplicate: boolean }>;
}

export interface ReceiveDeps {
  receivers(name: string): Promise<Receiver | undefined>;
  intake: IntakePublisher;
  replayWindowMs: number;
  now(): number;
}

/** One request, its body whole and unread. */
export interface Received {
  provider: string;
  repository: string;
  headers: Readonly<Record<string, string | undefined>>;
  body: Buffer;
}

/** Takes one webhook in: who it is for, whether it is signed, what it says, and only then into the intake. */
export async function receive(request: Received, deps: ReceiveDeps): Promise<Answer> {
  const kind = contentKind(request.headers["content-type"]);
  if (kind === undefined || (request.headers["content-encoding"] ?? "identity") !== "identity") {
    return problem("unsupported", "UnsupportedMedia", {
      detail: "The body is neither application/json nor application/x-www-form-urlencoded, or is compressed.",
      next: "set the webhook's content type to application/json",
    });
  }
  if (isUnsignedTest(request)) {
    return answer("ping", 200, {
      status: "ping",
      message: "Sluice can be reached. Connection tests carry no signature, so the secret was not checked.",
    });
  }
  const provider = PROVIDERS.find((known) => known === request.provider);
  const found = provider && DNS_LABEL.test(request.repository) ? await lookUp(request.repository, deps) : undefined;
  if (found === "unavailable") return unavailable();
  const receiver = found?.provider === provider ? found : undefined;
  const authentic = isAuthentic(
    receiver ?? { provider: provider ?? "github", allowUnsigned: false },
    receiver !== undefined,
    { headers: request.headers, body: request.body, now: deps.now(), replayWindowMs: deps.replayWindowMs },
  );
  if (receiver === undefined || !authentic) return refused(provider);
  return take(receiver, request, kind, deps);
}

/** Bitbucket Server signs no connection test. It is answered without a look at any receiver, so that it tells of none. */
const isUnsignedTest = ({ provider, headers }: Received): boolean =>
  provider === "bitbucket-server" &&
  headers["x-event-key"] === "diagnostics:ping" &&
  headers["x-hub-signature"] === undefined;

async function lookUp(name: string, deps: ReceiveDeps): Promise<Receiver | undefined | "unavailable"> {
  try {
    return await deps.receivers(name);
  } catch {
    return "unavailable";
  }
}

/**
 * The one answer to an unknown repository, another provider, a missing and a wrong signature, so that nobody finds out by asking
 * which repositories there are. 401, not 404: providers show it to whoever set the webhook up, and the secret is what it mostly is.
 */
const refused = (provider: Provider | undefined): Answer =>
  problem("refused", "Unauthenticated", {
    title: "The webhook is not taken: nothing shows that it comes from where it says",
    detail:
      "There is no receiver of this provider under this name, or the signature is missing or not made with its secret.",
    next: "compare provider and name in the address, and the webhook's secret, with the Repository",
    headers: { "www-authenticate": `${provider === "azure-devops" ? "Basic" : "Signature"} realm="webhooks"` },
  });

async function take(receiver: Receiver, request: Received, kind: "json" | "form", deps: ReceiveDeps): Promise<Answer> {
  const parsed = parseBody(kind, request.body);
  if ("wrong" in parsed) return malformed(`In the webhook ${parsed.wrong}.`);
  const event = normalise(receiver.provider, { headers: request.headers, body: parsed.body });
  switch (event.type) {
    case "ping":
      return answer("ping", 200, { status: "ping", message: event.sentence });
    case "ignored":
      return answer("ignored", 200, {
        status: "ignored",
        event: event.event,
        message: `Events of the kind ${event.event} move no ref, or this one is of no promotion, so there is nothing to do.`,
      });
    case "malformed":
      return malformed(`In the webhook's payload at ${event.path || "its root"}: ${event.message}.`);
    case "push":
    case "pullRequest":
      return publish(receiver, event, request, deps);
    case "registry":
      return publishImages(receiver, event, request, deps);
  }
}

const malformed = (detail: string): Answer =>
  problem("malformed", "InvalidInput", {
    status: 400,
    detail,
    next: "compare the webhook's provider with the one in its address",
  });

async function publish(receiver: Receiver, event: Named, request: Received, deps: ReceiveDeps): Promise<Answer> {
  const repoURL = namedAddress(receiver, event.repoURLs);
  if (repoURL === undefined) {
    return problem("mismatched", "InvalidInput", {
      detail: `The payload is of another repository than ${request.repository} is for.`,
      next: "set the webhook up in the repository whose address the Repository has, or use match: prefix",
    });
  }
  const receivedAt = new Date(deps.now()).toISOString();
  const delivery = event.delivery ?? ownDelivery(request, receivedAt);
  const base: Omit<GitPush, "type" | "ref" | "source"> = {
    repository: request.repository,
    repoURL,
    delivery,
    actor: { kind: "webhook", name: (event.sender ?? receiver.provider).slice(0, 100) },
    receivedAt,
  };
  return store(messagesOf(event, base), { request, delivery }, deps);
}

/** The answer once all of them are stored. */
async function store(
  messages: readonly { of: string; message: IntakeMessage }[],
  { request, delivery }: { request: Received; delivery: string },
  deps: ReceiveDeps,
): Promise<Answer> {
  try {
    const storing = Promise.all(
      messages.map(({ of, message }) => deps.intake.publish(message, `${request.repository}/${delivery}/${of}`)),
    );
    const stored = await within(PATIENCE_MS, storing);
    const duplicate = stored.every((each) => each.duplicate);
    return answer(duplicate ? "duplicate" : "accepted", 202, {
      status: duplicate ? "duplicate" : "accepted",
      delivery,
      refs: messages.map(({ of }, index) => ({ ref: of, ...stored[index] })),
    });
  } catch {
    return unavailable();
  }
}

/** A push to a registry: of the images that the Repository covers. */
async function publishImages(
  receiver: Receiver,
  event: Extract<WebhookEvent, { type: "registry" }>,
  request: Received,
  deps: ReceiveDeps,
): Promise<Answer> {
  const images = event.images.filter((image) => namedAddress(receiver, [`https://${image}`]) !== undefined);
  if (images.length === 0) {
    return problem("mismatched", "InvalidInput", {
      detail: `The payload is of another image than ${request.repository} is for.`,
      next: "give the Repository the address of the image or, with match: prefix, of its registry",
    });
  }
  const receivedAt = new Date(deps.now()).toISOString();
  const delivery = event.delivery ?? ownDelivery(request, receivedAt);
  const actor = { kind: "webhook", name: (event.sender ?? receiver.provider).slice(0, 100) } as const;
  const messages = images.map((image) => ({
    of: image,
    message: {
      ...({ type: "registry.push", repository: request.repository, source: "webhook" } as const),
      ...{ image, delivery, actor, receivedAt },
    },
  }));
  return store(messages, { request, delivery }, deps);
}

/** Events that name a repository. */
type Named = Extract<WebhookEvent, { type: "push" | "pullRequest" }>;

/** One message for each ref, or for the branch of a pull request. */
function messagesOf(
  event: Named,
  base: Omit<GitPush, "type" | "ref" | "source">,
): { of: string; message: IntakeMessage }[] {
  if (event.type === "push") {
    return event.refs.map((ref) => ({ of: ref, message: { ...base, type: "git.push", source: "webhook", ref } }));
  }
  const { number, branch } = event;
  const message: IntakeMessage = { ...base, type: "pullrequest.changed", number, branch };
  return [{ of: `refs/heads/${branch}`, message }];
}

/** Providers give up after 10 s (GitHub, GitLab); a 503 before that says more. What is stored later is a duplicate then. */
const PATIENCE_MS = 5_000;

async function within<Value>(limitMs: number, work: Promise<Value>): Promise<Value> {
  const timer = new AbortController();
  const late = sleep(limitMs, undefined, { signal: timer.signal }).then(() => {
    throw new SluiceError("Unavailable", "NATS did not acknowledge in time");
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    timer.abort();
    work.catch(() => undefined);
    late.catch(() => undefined);
  }
}

const unavailable = (): Answer =>
  problem("unavailable", "Unavailable", {
    detail: "The webhook could not be stored, so it was not taken.",
    next: "send it again",
    headers: { "retry-after": "5" },
  });

/**
 * Stands for the delivery id of a sender without one. The time is part of it: two pushes back and forth may have the same body,
 * and a push taken twice costs a look, one not taken a deployment.
 */
function ownDelivery({ body, headers }: Received, receivedAt: string): string {
  const sentAt = headers["x-sluice-timestamp"] ?? receivedAt;
  return createHash("sha256").update(`${sentAt}\n`).update(body).digest("hex").slice(0, 40);
}
