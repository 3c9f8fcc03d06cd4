/**
 * The one table of errors. Each edge translates once: the API to RFC 9457 problem+json, an activity to an
 * application failure whose type is the code, the CLI to an exit code and the next step.
 */
export const ERRORS = {
  InvalidInput: {
    status: 422,
    exit: 3,
    retryable: false,
    title: "The input does not fit its schema",
  },
  InvalidConfiguration: {
    status: 422,
    exit: 3,
    retryable: false,
    title: "The service's configuration is not valid",
  },
  NotFound: { status: 404, exit: 4, retryable: false, title: "There is nothing under that name" },
  Conflict: {
    status: 409,
    exit: 5,
    retryable: false,
    title: "It changed meanwhile, or is claimed by something else",
  },
  RevisionExcluded: {
    status: 409,
    exit: 5,
    retryable: false,
    title: "A rollback left the revision, and nothing was said of deploying it again",
  },
  Unauthenticated: {
    status: 401,
    exit: 6,
    retryable: false,
    title: "A valid bearer token is needed",
  },
  Forbidden: {
    status: 403,
    exit: 6,
    retryable: false,
    title: "The account's role or the project's rules do not allow it",
  },
  PayloadTooLarge: {
    status: 413,
    exit: 3,
    retryable: false,
    title: "The body is larger than the limit",
  },
  UnsupportedMedia: {
    status: 415,
    exit: 3,
    retryable: false,
    title: "The content type is not the expected one",
  },
  MethodNotAllowed: {
    status: 405,
    exit: 2,
    retryable: false,
    title: "The address does not take that method",
  },
  Usage: { status: 400, exit: 2, retryable: false, title: "The command line is not understood" },
  Unavailable: {
    status: 503,
    exit: 7,
    retryable: true,
    title: "A service it needs does not answer",
  },
  Timeout: { status: 504, exit: 8, retryable: true, title: "It took longer than the limit" },
  ToolUnavailable: {
    status: 500,
    exit: 9,
    retryable: false,
    title: "A program it needs could not be found or built",
  },
  PortInUse: { status: 500, exit: 9, retryable: false, title: "A port it needs is taken" },
  SourceUnavailable: {
    status: 502,
    exit: 7,
    retryable: true,
    title: "The repository could not be reached",
  },
  SourceForbidden: {
    status: 502,
    exit: 6,
    retryable: false,
    title: "The repository refused the credentials",
  },
  RevisionNotFound: {
    status: 422,
    exit: 4,
    retryable: false,
    title: "The repository has no such revision",
  },
  SourceRefused: {
    status: 422,
    exit: 3,
    retryable: false,
    title: "The repository's content or address is not allowed",
  },
  RenderFailed: {
    status: 422,
    exit: 3,
    retryable: false,
    title: "The manifests could not be rendered",
  },
  RenderLimit: {
    status: 422,
    exit: 3,
    retryable: false,
    title: "Rendering went past its limit of time, memory or size",
  },
  ClusterUnavailable: {
    status: 502,
    exit: 7,
    retryable: true,
    title: "The cluster's API server could not be reached",
  },
  ClusterForbidden: {
    status: 502,
    exit: 6,
    retryable: false,
    title: "The cluster refused the credentials or the action",
  },
  ApplyFailed: {
    status: 422,
    exit: 10,
    retryable: false,
    title: "Some objects could not be applied",
  },
  HookFailed: { status: 422, exit: 10, retryable: false, title: "A hook of the sync failed" },
  HealthDegraded: { status: 422, exit: 10, retryable: false, title: "Some objects are degraded" },
  LedgerConflict: {
    status: 409,
    exit: 5,
    retryable: true,
    title: "Another writer appended to the same aggregate first",
  },
  LedgerCorrupt: {
    status: 500,
    exit: 11,
    retryable: false,
    title: "The ledger's hash chain does not hold",
  },
  NotificationRefused: {
    status: 502,
    exit: 7,
    retryable: false,
    title: "A service refused a notification for good",
  },
  Terminated: { status: 409, exit: 10, retryable: false, title: "An operator ended the operation" },
  Internal: {
    status: 500,
    exit: 1,
    retryable: false,
    title: "Something in Sluice itself went wrong",
  },
} as const satisfies Record<string, { status: number; exit: number; retryable: boolean; title: string }>;

/** One of the closed set of error codes. */
export type ErrorCode = keyof typeof ERRORS;

/** One thing wrong with an input: where it is and what was expected. `path` is a dotted path such as `spec.source.repoURL`. */
export interface Problem {
  file?: string;
  line?: number;
  column?: number;
  path?: string;
  message: string;
  /** What to do about it, when it can be said. */
  next?: string;
}

/** The error every layer throws: a code of the table, one plain sentence, and the next step. It never carries a secret. */
export class SluiceError extends Error {
  readonly code: ErrorCode;
  readonly next: string | undefined;
  readonly problems: readonly Problem[];

  constructor(
    code: ErrorCode,
    message: string,
    more: { next?: string; problems?: readonly Problem[]; cause?: unknown } = {},
  ) {
    super(message, more.cause === undefined ? {} : { cause: more.cause });
    this.name = "SluiceError";
    this.code = code;
    this.next = more.next;
    this.problems = more.problems ?? [];
  }

  get retryable(): boolean {
    return ERRORS[this.code].retryable;
  }
}

/** Whether a value is a code of the table. */
export function isErrorCode(value: unknown): value is ErrorCode {
  return typeof value === "string" && Object.hasOwn(ERRORS, value);
}

/** Any thrown value as a SluiceError; what is not one becomes `Internal` with its message kept as the cause only. */
export function toSluiceError(thrown: unknown): SluiceError {
  if (thrown instanceof SluiceError) return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new SluiceError("Internal", message, { cause: thrown });
}
