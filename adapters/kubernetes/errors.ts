import { SluiceError } from "../../schemas/errors.ts";
import type { ErrorCode } from "../../schemas/errors.ts";
import type { Resource } from "./resource.ts";
import type { KubeResponse } from "./transport.ts";

/** One field that another manager owns. */
export interface FieldConflict {
  manager: string;
  /** Path as the API server writes it, such as `.spec.replicas`. */
  field: string;
}

/** Thrown when a server-side apply without force meets fields that other managers own. */
export class ApplyConflict extends SluiceError {
  readonly conflicts: readonly FieldConflict[];

  constructor(what: string, conflicts: readonly FieldConflict[]) {
    const managers = [...new Set(conflicts.map((conflict) => conflict.manager))].sort();
    super("Conflict", `${what}: ${conflicts.length} field(s) are owned by ${managers.join(", ")}`, {
      next: "Remove the fields from Git, let the other manager go, or set the sync option Force=true.",
    });
    this.name = "ApplyConflict";
    this.conflicts = conflicts;
  }
}

/** Thrown when the API server refuses an object for what is in it, as far as somebody may act on the kind of refusal. */
export class ApplyRefused extends SluiceError {
  /** Every complaint is that a field can't be changed: a new object of the same content would be accepted. */
  readonly immutable: boolean;
  /** Fields that the kind's schema doesn't know, as the API server writes their paths. */
  readonly undeclared: readonly string[];

  constructor(message: string, why: { immutable: boolean; undeclared: readonly string[]; next?: string | undefined }) {
    super("ApplyFailed", message, why.next === undefined ? {} : { next: why.next });
    this.name = "ApplyRefused";
    this.immutable = why.immutable;
    this.undeclared = why.undeclared;
  }
}

/** The API server's `Status` as far as it is read. */
export interface Status {
  code: number;
  reason: string;
  message: string;
  /** Name of the object it is about; empty when it is about none, as when the kind itself is not served. */
  name: string;
  causes: { reason: string; message: string; field: string }[];
}

/** What a request was for. */
export interface Subject {
  verb: "get" | "list" | "watch" | "apply" | "create" | "replace" | "patch" | "delete" | "discover";
  resource?: Resource | undefined;
  namespace?: string | undefined;
  name?: string | undefined;
}

const MAX_MESSAGE = 1_000;
const string = (value: unknown): string => (typeof value === "string" ? value : "");

/** The `Status` of an answer; one without a body of that form has only its code. */
export function parseStatus(answer: KubeResponse): Status {
  let body: Record<string, unknown> = {};
  try {
    const value: unknown = JSON.parse(answer.text);
    if (typeof value === "object" && value !== null) body = value as Record<string, unknown>;
  } catch {
    // A proxy's page or `404 page not found`: the code says enough.
  }
  const details = (typeof body["details"] === "object" ? body["details"] : undefined) as
    | { name?: unknown; causes?: unknown }
    | undefined;
  const causes = Array.isArray(details?.causes) ? (details.causes as Record<string, unknown>[]) : [];
  return {
    code: answer.status,
    reason: string(body["reason"]),
    message: string(body["message"]),
    name: string(details?.name),
    causes: causes.map((cause) => ({
      reason: string(cause?.["reason"]),
      message: string(cause?.["message"]),
      field: string(cause?.["field"]),
    })),
  };
}

/** The conflicts of a 409; empty when it is another kind of conflict. */
export function parseConflicts(status: Status): FieldConflict[] {
  return status.causes
    .filter((cause) => cause.reason === "FieldManagerConflict")
    .map((cause) => ({
      manager: /^conflict with "([^"]*)"/.exec(cause.message)?.[1] ?? "unknown",
      field: cause.field,
    }));
}

/** `Deployment shop/web`, for messages. */
export function describe(subject: Subject): string {
  const kind = subject.resource?.kind ?? "API groups";
  if (!subject.name) return subject.namespace ? `${kind} in ${subject.namespace}` : kind;
  return `${kind} ${subject.namespace ? `${subject.namespace}/` : ""}${subject.name}`;
}

const isSecret = (resource?: Resource): boolean => resource?.group === "" && resource.resource === "secrets";
/** The authorizer's sentence; it quotes names only. */
const RBAC = /^[\w.-]+ "[^"]*" is forbidden: User "[^"]*" cannot /;

/**
 * The server's message without what could be a secret: of a Secret only the field paths are told, because admission and
 * validation messages quote values.
 */
export function safeMessage(status: Status, resource?: Resource): string {
  const words = `${status.code}${status.reason ? ` ${status.reason}` : ""}`;
  if (isSecret(resource) && !RBAC.test(status.message)) {
    const fields = [...new Set(status.causes.map((cause) => cause.field).filter(Boolean))];
    return fields.length > 0 ? `${words}, at ${fields.slice(0, 10).join(", ")}` : words;
  }
  const message = status.message.length > MAX_MESSAGE ? `${status.message.slice(0, MAX_MESSAGE)}...` : status.message;
  return message ? `${words}: ${message}` : words;
}

/** A manifest whose fields have the wrong types is answered with 500, and will be the next time too. */
export function misfits({ code, message }: Status): boolean {
  return code === 500 && (/failed to create typed patch object/.test(message) || NOT_BASE64.test(message));
}

/** How Go says that bytes, such as a Secret's data, are not base64. */
const NOT_BASE64 = /illegal base64 data/;
const BASE64 = "Write the values under `data` as base64, or as plain text under `stringData`.";

/** The error of an answer with a status of 400 or more, retries being over. */
export function failure(server: string, subject: Subject, answer: KubeResponse): SluiceError {
  const status = parseStatus(answer);
  const what = `${subject.verb} of ${describe(subject)} at ${server}`;
  const conflicts = status.code === 409 ? parseConflicts(status) : [];
  if (conflicts.length > 0) return new ApplyConflict(what, conflicts);
  const { code, next } = verdict(status, subject);
  const message = `${what}: ${safeMessage(status, subject.resource)}`;
  const immutable = isImmutable(status);
  const undeclared = undeclaredFields(status);
  if (code === "ApplyFailed" && (immutable || undeclared.length > 0)) {
    return new ApplyRefused(message, { immutable, undeclared, next });
  }
  return new SluiceError(code, message, next ? { next } : {});
}

/** How the API server, its validation rules and webhooks say that a field can't be changed. */
const IMMUTABLE =
  /\bimmutable\b|\b(?:cannot|can not|can't|may not|must not) (?:be )?chang|\bupdates to .+ for fields other than\b/i;

/** Whether everything that is wrong is that fields can't be changed. */
function isImmutable({ code, causes, message }: Status): boolean {
  if (code !== 422 && code !== 403 && code !== 400) return false;
  return causes.length > 0 ? causes.every((cause) => IMMUTABLE.test(cause.message)) : IMMUTABLE.test(message);
}

/** Paths of the fields that a typed patch could not place: `  .spec.foo: field not declared in schema`. */
function undeclaredFields(status: Status): string[] {
  if (!misfits(status)) return [];
  const found = status.message.matchAll(/(?:^|\s)(\.\S*(?:"[^"]*"\S*)*): field not declared in schema/g);
  return [...found].map(([, path]) => path ?? "");
}

const WRITES: ReadonlySet<Subject["verb"]> = new Set(["apply", "create", "replace", "patch", "delete"]);

function verdict(status: Status, subject: Subject): { code: ErrorCode; next?: string } {
  const writes = WRITES.has(subject.verb);
  if (status.code === 401) {
    return { code: "ClusterForbidden", next: "Renew the cluster's credentials with `sluice cluster add`." };
  }
  if (status.code === 403) return forbidden(status, writes);
  // An apply that names a uid is refused with 422 when another object stands there, and with 409 when none does.
  const otherUid = status.causes.some((cause) => cause.field === "metadata.uid");
  if (status.code === 409 || otherUid) return { code: "Conflict" };
  if (status.code === 429 || status.code >= 500) {
    // A failing admission webhook answers 500 for the one object; the cluster itself is well.
    if (writes && NOT_BASE64.test(status.message)) return { code: "ApplyFailed", next: BASE64 };
    const ofObject = /webhook/i.test(status.message) || misfits(status);
    return { code: writes && ofObject ? "ApplyFailed" : "ClusterUnavailable" };
  }
  if (writes) return { code: "ApplyFailed" };
  return { code: status.code === 404 ? "NotFound" : "InvalidInput" };
}

function forbidden(status: Status, writes: boolean): { code: ErrorCode; next?: string } {
  if (status.causes.some((cause) => cause.reason === "NamespaceTerminating")) {
    return { code: "ApplyFailed", next: "Wait until the namespace is gone, then sync again." };
  }
  if (RBAC.test(status.message) || !writes || !status.message) {
    return { code: "ClusterForbidden", next: "Grant it to the cluster's credentials with a role binding." };
  }
  // Admission and quota say 403 too; they are about the object and not about us.
  return { code: "ApplyFailed" };
}
