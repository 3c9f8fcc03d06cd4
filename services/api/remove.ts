import { randomUUID } from "node:crypto";
import { applicationDecider } from "../../domain/application/decider.ts";
import { clusterDecider } from "../../domain/configuration/cluster.ts";
import { projectDecider } from "../../domain/configuration/project.ts";
import { denyDelete } from "../../domain/configuration/references.ts";
import { notificationDecider } from "../../domain/notification/decider.ts";
import { denyDeleteOfNamed, NAMED_KINDS, type NamedKind } from "../../domain/promotion/namers.ts";
import { repositoryDecider } from "../../domain/repository/decider.ts";
import { SluiceError, toSluiceError } from "../../schemas/errors.ts";
import type { DomainEvent } from "../../schemas/events/index.ts";
import type { AggregateRef } from "../../schemas/ids.ts";
import type { KindName } from "../../schemas/kinds/index.ts";
import type { Actor } from "../../schemas/operation.ts";
import type { ApplicationView } from "../../schemas/views.ts";
import { readKnown } from "./known.ts";
import { isPlain, plainDeciderOf } from "./plain-kinds.ts";
import type { ApiPorts, CredentialKind, Head } from "./ports.ts";

type Ports = Pick<ApiPorts, "views" | "projector" | "ledger" | "aggregates" | "credentials" | "inTurn">;
interface Removal {
  kind: KindName;
  name: string;
  actor: Actor;
  at: string;
}

const ATTEMPTS = 5;

/** What is sealed beside each kind. */
const SECRETS: Record<KindName, readonly CredentialKind[]> = {
  Application: [],
  Project: [],
  Cluster: ["cluster"],
  Repository: ["repository", "webhook"],
  ResourceCustomization: [],
  Pipeline: [],
  ReleaseSource: [],
  GatePolicy: [],
  AnalysisTemplate: [],
  Notification: ["notification"],
  Account: [],
};

/**
 * Deletes a configuration object and what is sealed for it; of an application only the configuration, what it owns stays. Returns the
 * ledger sequence. Throws NotFound, or Conflict naming who still needs it.
 */
export async function removeConfiguration(ports: Ports, removal: Removal): Promise<number> {
  return await ports.inTurn(async (still) => {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await removeOnce(ports, removal, still);
      } catch (error) {
        if (toSluiceError(error).code !== "LedgerConflict" || attempt >= ATTEMPTS) throw error;
      }
    }
  });
}

async function removeOnce(ports: Ports, { kind, name, actor, at }: Removal, still: () => void): Promise<number> {
  const { events, head } = await decide(ports, kind, name);
  if (events.length === 0) throw notFound(kind, name);
  const denied = await denial(ports, kind, name);
  if (denied) throw new SluiceError("Conflict", denied.message, { next: denied.next });
  still();
  const cause = `delete/${randomUUID()}`;
  const ref: AggregateRef = { type: kind.toLowerCase() as AggregateRef["type"], name };
  const meta = { at, actor, cause, messageId: `${cause}/${ref.type}/${name}` };
  const [after] = await ports.ledger.appendAll([{ ref, expected: head, events, meta }]);
  for (const secret of SECRETS[kind]) await ports.credentials.delete(secret, name);
  return after?.sequence ?? head.sequence;
}

/** Why what is there can't go away: something else needs it. */
async function denial(ports: Ports, kind: KindName, name: string) {
  if (kind === "Project" || kind === "Cluster" || kind === "Repository") {
    const known = await readKnown(ports, { applications: true });
    const denied = (kind === "Cluster" && stillThere(ports, name)) || denyDelete(kind, name, known);
    if (denied) return denied;
  }
  if (!isNamed(kind)) return undefined;
  return denyDeleteOfNamed(kind, name, await readKnown(ports, { applications: false }));
}

const isNamed = (kind: KindName): kind is NamedKind => (NAMED_KINDS as readonly KindName[]).includes(kind);

/** Objects on a cluster are nobody's once it is forgotten, also those of applications that go elsewhere now. */
function stillThere({ views }: Ports, cluster: string): { message: string; next: string } | undefined {
  const names = views
    .list("applications")
    .filter(({ value }) => value.left?.some((each) => each.cluster === cluster) || ownsOn(value, cluster))
    .map(({ value }) => value.name);
  if (names.length === 0) return undefined;
  const shown = names.slice(0, 10).join(", ") + (names.length > 10 ? ` and ${names.length - 10} more` : "");
  return {
    message: `Cluster ${cluster} still has objects of ${shown}`,
    next: `Delete them with \`sluice app delete ${names[0]}\`, leave them where they are with --orphan, or forget them with --no-cascade.`,
  };
}

const ownsOn = (view: ApplicationView, cluster: string): boolean =>
  view.cluster === cluster && view.inventory !== undefined && view.resources.length > 0;

/** The error for an object that is not there. */
export const notFound = (kind: string, name: string): SluiceError =>
  new SluiceError("NotFound", `There is no ${kind} ${name}`, {
    next: `List what there is with: sluice get ${kind.toLowerCase()}`,
  });

async function decide(
  { aggregates }: Ports,
  kind: KindName,
  name: string,
): Promise<{ events: DomainEvent[]; head: Head }> {
  if (isPlain(kind)) {
    const decider = plainDeciderOf(kind);
    const { state, head } = await aggregates.load(decider, name);
    return { head, events: decider.decide({ type: "Remove" }, state) };
  }
  switch (kind) {
    case "Application": {
      const { state, head } = await aggregates.load(applicationDecider, name);
      return { head, events: applicationDecider.decide({ type: "DeleteApplication", cascade: false }, state) };
    }
    case "Project": {
      const { state, head } = await aggregates.load(projectDecider, name);
      return { head, events: projectDecider.decide({ type: "Remove" }, state) };
    }
    case "Notification": {
      const { state, head } = await aggregates.load(notificationDecider, name);
      return { head, events: notificationDecider.decide({ type: "Remove" }, state) };
    }
    case "Cluster": {
      const { state, head } = await aggregates.load(clusterDecider, name);
      return { head, events: clusterDecider.decide({ type: "Remove" }, state) };
    }
    case "Repository": {
      const { state, head } = await aggregates.load(repositoryDecider, name);
      return { head, events: repositoryDecider.decide({ type: "Remove" }, state) };
    }
  }
}
