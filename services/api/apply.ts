import { randomUUID } from "node:crypto";
import { clusterDecider } from "../../domain/configuration/cluster.ts";
import { dependenciesOf } from "../../domain/dependency/graph.ts";
import { projectDecider } from "../../domain/configuration/project.ts";
import { notificationDecider } from "../../domain/notification/decider.ts";
import { applicationDecider } from "../../domain/application/decider.ts";
import { repositoryDecider } from "../../domain/repository/decider.ts";
import type { ApplyRequest, ApplyResult } from "../../schemas/api/bodies.ts";
import { type Problem, SluiceError, toSluiceError } from "../../schemas/errors.ts";
import type { DomainEvent } from "../../schemas/events/index.ts";
import type { AggregateRef } from "../../schemas/ids.ts";
import type { ConfigObject } from "../../schemas/kinds/index.ts";
import type { Actor } from "../../schemas/operation.ts";
import { checkBatch } from "./batch.ts";
import { gateExpressionProblems } from "./gate-expressions.ts";
import { healthCheckProblems } from "./health-checks.ts";
import { jqProblems } from "./jq-expressions.ts";
import { readKnown } from "./known.ts";
import { readyExpressionProblems } from "./ready-expressions.ts";
import { plainDeciderOf } from "./plain-kinds.ts";
import { splitNotification } from "./notification-secrets.ts";
import type { ApiPorts, Head } from "./ports.ts";
import { problemAt, type ReadObject } from "./read-configuration.ts";
import { readAside } from "./read-in-thread.ts";
import { type SecretChange, splitCluster, splitRepository, storeSecrets } from "./secrets.ts";

/** Most objects that one apply may change: the size of an atomic JetStream batch. */
const MOST_CHANGES = 1_000;
const ATTEMPTS = 5;

/** What applying one object comes to. */
interface Decided {
  ref: AggregateRef;
  expected: Head;
  events: DomainEvent[];
  secrets: SecretChange[];
  result: ApplyResult["objects"][number];
  orphaned?: Problem;
}

type Ports = Pick<
  ApiPorts,
  | "views"
  | "projector"
  | "ledger"
  | "aggregates"
  | "credentials"
  | "digest"
  | "jqProblem"
  | "healthProblems"
  | "gateProblem"
  | "inTurn"
>;

/**
 * Creates or changes configuration objects, all of them or none: everything is checked first, then secrets go to the sealed store,
 * then one atomic append. Throws InvalidInput with every problem there is.
 */
export async function applyConfiguration(
  ports: Ports,
  request: ApplyRequest & { dryRun: boolean; actor: Actor; now: () => Date },
): Promise<ApplyResult> {
  const read = await readAside(request.files);
  const expressions = [
    ...(await jqProblems(read.objects, ports)),
    ...(await healthCheckProblems(read.objects, ports)),
    ...(await readyExpressionProblems(read.objects, ports)),
    ...(await gateExpressionProblems(read.objects, ports)),
  ];
  // Whom an application waits for, or a stage selects, can be any; without that nobody asks for all of them.
  const applications = read.objects.some(dependsOnOthers);
  if (read.problems.length + expressions.length > 0) {
    const open = read.referencesOpen || read.objects.length === 0;
    const more = open ? [] : checkBatch(read.objects, await readKnown(ports, { applications }));
    throw invalid(inOrder([...read.problems, ...expressions, ...more], request.files));
  }
  if (read.objects.length === 0) {
    throw new SluiceError("InvalidInput", "There is no configuration object in what was sent", {
      next: "Check that the files hold documents with apiVersion: sluice.dev/v1",
    });
  }
  const checkAndAppend = async (still: () => void): Promise<ApplyResult> => {
    for (let attempt = 1; ; attempt += 1) {
      const known = await readKnown(ports, { applications });
      const found = checkBatch(read.objects, known);
      if (found.length > 0) throw invalid(found);
      try {
        return await decideAndAppend(ports, read.objects, { ...request, still });
      } catch (error) {
        if (toSluiceError(error).code !== "LedgerConflict" || attempt >= ATTEMPTS) throw error;
      }
    }
  };
  // The heads of what changes do not guard what was only looked at: whom it refers to.
  return request.dryRun ? await checkAndAppend(() => undefined) : await ports.inTurn(checkAndAppend);
}

const dependsOnOthers = ({ object }: ReadObject): boolean =>
  object.kind === "Pipeline" || (object.kind === "Application" && dependenciesOf(object.spec).length > 0);

/** As the files were given, from the top of each to its end. */
function inOrder(problems: Problem[], files: ApplyRequest["files"]): Problem[] {
  const place = new Map(files.map(({ file }, at) => [file, at]));
  const at = ({ file }: Problem): number => place.get(file ?? "") ?? 0;
  return problems.toSorted((a, b) => at(a) - at(b) || (a.line ?? 0) - (b.line ?? 0));
}

const invalid = (problems: Problem[]): SluiceError =>
  new SluiceError(
    "InvalidInput",
    `${problems.length === 1 ? "1 problem" : `${problems.length} problems`}; nothing was applied`,
    {
      problems,
    },
  );

async function decideAndAppend(
  ports: Ports,
  objects: ReadObject[],
  { dryRun, actor, now, still }: { dryRun: boolean; actor: Actor; now: () => Date; still: () => void },
): Promise<ApplyResult> {
  const decided = await Promise.all(objects.map((read) => decide(ports, read)));
  const orphaned = decided.flatMap((one) => one.orphaned ?? []);
  if (orphaned.length > 0) throw invalid(orphaned);
  const changed = decided.filter((one) => one.events.length > 0);
  if (changed.length > MOST_CHANGES) {
    throw new SluiceError(
      "InvalidInput",
      `${changed.length} objects change; at most ${MOST_CHANGES} can change at once`,
      {
        next: "Apply them in several steps, projects and clusters first.",
      },
    );
  }
  const results = decided.map((one) => one.result);
  if (dryRun) return { dryRun, objects: results, sequence: ports.projector.sequence() };
  still();
  const cause = `apply/${randomUUID()}`;
  const at = now().toISOString();
  const heads = await append(ports, changed, (one) => ({
    at,
    actor,
    cause,
    messageId: `${cause}/${one.ref.type}/${one.ref.name}`,
  }));
  const sequence = heads.length > 0 ? Math.max(...heads.map((head) => head.sequence)) : ports.projector.sequence();
  return { dryRun, objects: results, sequence };
}

async function append(
  ports: Ports,
  changed: Decided[],
  metaOf: (one: Decided) => { at: string; actor: Actor; cause: string; messageId: string },
): Promise<Head[]> {
  const secrets = changed.flatMap((one) => one.secrets);
  const revert = await storeSecrets(
    ports.credentials,
    secrets.filter(({ value }) => value !== undefined),
  );
  let heads: Head[] = [];
  try {
    if (changed.length > 0) {
      heads = await ports.ledger.appendAll(
        changed.map((one) => ({ ref: one.ref, expected: one.expected, events: one.events, meta: metaOf(one) })),
      );
    }
  } catch (error) {
    // An append without an answer may have happened: only a certain refusal takes the secrets back.
    if (toSluiceError(error).code === "LedgerConflict") await revert();
    throw error;
  }
  for (const { kind, name, value } of secrets) if (value === undefined) await ports.credentials.delete(kind, name);
  return heads;
}

const described = ({ metadata }: ConfigObject) => ({
  labels: metadata.labels ?? {},
  annotations: metadata.annotations ?? {},
});

async function decide(ports: Ports, read: ReadObject): Promise<Decided> {
  const { object } = read;
  const { name } = object.metadata;
  const about = described(object);
  switch (object.kind) {
    case "Application": {
      const { state, head } = await ports.aggregates.load(applicationDecider, name);
      const command = { type: "ConfigureApplication", name, spec: object.spec, ...about } as const;
      const events = applicationDecider.decide(command, state);
      return outcome(read, head, events, state.configuration !== undefined);
    }
    case "Project": {
      const { state, head } = await ports.aggregates.load(projectDecider, name);
      const events = projectDecider.decide({ type: "Configure", spec: object.spec, ...about }, state);
      return outcome(read, head, events, state.configuration !== undefined);
    }
    case "Notification": {
      const { state, head } = await ports.aggregates.load(notificationDecider, name);
      const { spec, ...split } = splitNotification(object, state.configuration?.spec, ports.digest);
      const events = notificationDecider.decide({ type: "Configure", spec, ...about }, state);
      return outcome(read, head, events, state.configuration !== undefined, split);
    }
    case "ResourceCustomization":
    case "Pipeline":
    case "ReleaseSource":
    case "GatePolicy":
    case "AnalysisTemplate":
    case "Account": {
      const decider = plainDeciderOf(object.kind);
      const { state, head } = await ports.aggregates.load(decider, name);
      const events = decider.decide({ type: "Configure", spec: object.spec, ...about }, state);
      return outcome(read, head, events, state.configuration !== undefined);
    }
    case "Cluster": {
      const { state, head } = await ports.aggregates.load(clusterDecider, name);
      const { spec, ...split } = splitCluster(object, state.configuration?.spec, ports.digest);
      const events = clusterDecider.decide({ type: "Configure", spec, ...about }, state);
      return outcome(read, head, events, state.configuration !== undefined, split);
    }
    case "Repository": {
      const { state, head } = await ports.aggregates.load(repositoryDecider, name);
      const { spec, ...split } = splitRepository(object, state.configuration?.spec, ports.digest);
      const events = repositoryDecider.decide({ type: "Configure", spec, ...about }, state);
      return outcome(read, head, events, state.configuration !== undefined, split);
    }
  }
}

function outcome(
  { object, document }: ReadObject,
  expected: Head,
  events: DomainEvent[],
  existed: boolean,
  split: { secrets: SecretChange[]; orphaned?: string; missing?: string } = { secrets: [] },
): Decided {
  const { kind, metadata } = object;
  const result = events.length === 0 ? "unchanged" : existed ? "configured" : "created";
  const lost = split.orphaned && {
    path: split.orphaned,
    message: "changed, so the stored credentials do not go with it",
    next: "give the credentials again in the same object",
  };
  const absent = split.missing && { path: split.missing, message: "is missing, and none is stored" };
  const problem = lost || absent;
  return {
    ref: { type: kind.toLowerCase() as AggregateRef["type"], name: metadata.name },
    expected,
    events,
    secrets: split.secrets,
    result: { kind, name: metadata.name, result },
    ...(problem && { orphaned: problemAt(document, problem) }),
  };
}
