/**
 * Every id is built and parsed here and nowhere else: workflow, ledger subject, intake subject, message id, tracking id,
 * field manager. No dependency, so that workflows may import it.
 */

/** The aggregates of the ledger. */
export const AGGREGATES = [
  "application",
  "project",
  "cluster",
  "repository",
  "resourcecustomization",
  "pipeline",
  "releasesource",
  "gatepolicy",
  "analysistemplate",
  "notification",
  "account",
  "system",
] as const;
export type AggregateType = (typeof AGGREGATES)[number];

/** One aggregate: its type and its name, which is a DNS label of at most 63 characters. */
export interface AggregateRef {
  type: AggregateType;
  name: string;
}

/** A DNS label as RFC 1123 has it: what every `metadata.name` must be. */
export const DNS_LABEL = /^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$/;

export const LEDGER_STREAM = "SLUICE_LEDGER";
export const LEDGER_SUBJECTS = "sluice.ledger.>";
export const INTAKE_STREAM = "SLUICE_INTAKE";
export const INTAKE_SUBJECTS = "sluice.intake.>";
export const DEAD_LETTER_STREAM = "SLUICE_DEAD";
export const DEAD_LETTER_SUBJECTS = "sluice.dead.>";
export const ARTIFACT_BUCKET = "sluice-artifacts";
export const CREDENTIAL_BUCKET = "sluice-credentials";
export const LEASE_BUCKET = "sluice-leases";
export const TASK_QUEUE = "sluice";

/** The field manager of every server-side apply. */
export const FIELD_MANAGER = "sluice";
/** The field manager of an application's labels and annotations on a namespace that it does not own. */
export const namespaceManager = (application: string): string => `${FIELD_MANAGER}-namespace-${application}`;
/** The label by which the watch selects managed objects; its value is the application's name. */
export const APPLICATION_LABEL = "sluice.dev/application";
/** The annotation that says which application owns an object and which object it was written for. */
export const TRACKING_ANNOTATION = "sluice.dev/tracking-id";

export const ledgerSubject = (ref: AggregateRef): string => `sluice.ledger.${ref.type}.${ref.name}`;

/** The aggregate of a ledger subject, or undefined when it is not one. */
export function parseLedgerSubject(subject: string): AggregateRef | undefined {
  const [root, kind, type, name, ...rest] = subject.split(".");
  if (root !== "sluice" || kind !== "ledger" || !name || rest.length > 0) return undefined;
  return AGGREGATES.includes(type as AggregateType) ? { type: type as AggregateType, name } : undefined;
}

export const intakeSubject = {
  push: (repository: string): string => `sluice.intake.push.${repository}`,
  pullRequest: (repository: string): string => `sluice.intake.pullrequest.${repository}`,
  registry: (repository: string): string => `sluice.intake.registry.${repository}`,
  command: (application: string): string => `sluice.intake.command.${application}`,
  cluster: (cluster: string, application: string): string => `sluice.intake.cluster.${cluster}.${application}`,
};

export const workflowId = (application: string): string => `app/${application}`;

/** The application of a workflow id, or undefined when it is another kind of workflow. */
export const parseWorkflowId = (id: string): string | undefined => (id.startsWith("app/") ? id.slice(4) : undefined);

export const breakGlassWorkflowId = (application: string): string => `break-glass/${application}`;

/** Workflow type and signal of an application's break-glass. */
export const BREAK_GLASS_WORKFLOW = { type: "breakGlass", changed: "changed" } as const;

/** Workflow type, signals and query of the one workflow of an application. */
export const APPLICATION_WORKFLOW = {
  type: "application",
  request: "request",
  clusterChanged: "clusterChanged",
  terminate: "terminate",
  /** What a held operation waits for may have come: it looks again. */
  released: "released",
  /** An operator's yes to guarded prunes. */
  confirm: "confirm",
  /** An action on an object, beside whatever runs. */
  act: "act",
  progress: "progress",
} as const;

/** Workflow id of a stage: one promotion runs in a stage at a time. */
export const promotionWorkflowId = (pipeline: string, stage: string): string => `promotion/${pipeline}/${stage}`;

/** Workflow type, signals, updates and query of the one workflow of a stage. */
export const PROMOTION_WORKFLOW = {
  type: "promotion",
  /** It carries no state: whoever hears it reads for himself. */
  changed: "changed",
  /** An operator's yes or no: answered at once, once. */
  decide: "decide",
  progress: "progress",
} as const;

/** Workflow id of a delivery: begun once. */
export const notificationWorkflowId = (to: string, delivery: string): string => `notification/${to}/${delivery}`;

export const NOTIFICATION_WORKFLOW = { type: "notification" } as const;

/** Ledger message id of what happens to a promotion. */
export const promotionMessageId = (promotion: string, ...what: readonly (string | number)[]): string =>
  `promotion/${promotion}/${what.join("/")}`;

/** Id of a promotion: a DNS label that names its stage's release and run. */
export const PROMOTION_ID = /^[a-z0-9][a-z0-9-]{2,62}$/;

/** Branch of a promotion by pull request: a webhook that names it names the stage that is to look. */
export const promotionBranch = (pipeline: string, stage: string, promotion: string): string =>
  `sluice/${pipeline}/${stage}/${promotion}`;

/** What a branch was made for, or undefined when it is not of a promotion. */
export function parsePromotionBranch(
  branch: string,
): { pipeline: string; stage: string; promotion: string } | undefined {
  const [root, pipeline, stage, promotion, ...rest] = branch.split("/");
  if (root !== "sluice" || pipeline === undefined || stage === undefined || promotion === undefined) return undefined;
  if (rest.length > 0 || !DNS_LABEL.test(pipeline) || !DNS_LABEL.test(stage)) return undefined;
  return PROMOTION_ID.test(promotion) ? { pipeline, stage, promotion } : undefined;
}

/** Ledger message ids of an operation's first and last event: an append tried twice is one message. */
export const operationMessageId = {
  started: (operation: string, attempt = 1): string => `${operation}/started${attempt > 1 ? `/${attempt}` : ""}`,
  terminal: (operation: string, _attempt?: number): string => `${operation}/terminal`,
  /** What happens in between, once an attempt. */
  noted: (operation: string, attempt: number, what: string): string => `${operation}/${what}/${attempt}`,
};

/** Group, kind, namespace and name of an object: its identity for planning, version ignored. */
export interface ObjectKey {
  group: string;
  kind: string;
  namespace: string;
  name: string;
}

/** `group/Kind/namespace/name`; the core group and cluster scope are empty. */
export const objectKey = (key: ObjectKey): string => `${key.group}/${key.kind}/${key.namespace}/${key.name}`;

export function parseObjectKey(text: string): ObjectKey | undefined {
  const parts = text.split("/");
  if (parts.length !== 4) return undefined;
  const [group, kind, namespace, name] = parts as [string, string, string, string];
  return kind && name ? { group, kind, namespace, name } : undefined;
}

/** Argo CD's form: `application:group/Kind:namespace/name`. */
export const trackingId = (application: string, key: ObjectKey): string =>
  `${application}:${key.group}/${key.kind}:${key.namespace}/${key.name}`;

/** What a tracking id names, or undefined when it is malformed. */
export function parseTrackingId(text: string): { application: string; key: ObjectKey } | undefined {
  const match = /^([^:]+):([^/:]*)\/([^/:]+):([^/]*)\/(.+)$/.exec(text);
  if (!match) return undefined;
  const [, application, group, kind, namespace, name] = match as unknown as [
    string,
    string,
    string,
    string,
    string,
    string,
  ];
  return { application, key: { group, kind, namespace, name } };
}

/** Intake message id of a report of the watch; `digest` covers its content and the versions of the objects it was made from. */
export const clusterMessageId = (cluster: string, application: string, digest: string): string =>
  `cluster/${cluster}/${application}/${digest}`;
/** Lease of the one watcher of a cluster. */
export const watcherLease = (cluster: string): string => `watcher.${cluster}`;
