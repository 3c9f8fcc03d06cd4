import type {
  ClusterEvent,
  ProjectEvent,
  RecordedEvent,
  RepositoryEvent,
  ResourceCustomizationEvent,
} from "../../schemas/events/index.ts";
import type { ClusterView, ProjectView, RepositoryView, ResourceCustomizationView } from "../../schemas/views.ts";

/** What the Created and Updated events of every kind hold. */
export interface Configuration<Spec> {
  spec: Spec;
  labels: Record<string, string>;
  annotations: Record<string, string>;
}

/** What the view of every kind holds. */
export interface Described<Spec> extends Configuration<Spec> {
  name: string;
  createdAt: string;
  updatedAt: string;
  sequence: number;
}

/** The description after it was created or updated; what else the view holds is left to its own fold. */
export function described<Spec>(
  before: Pick<Described<Spec>, "createdAt"> | undefined,
  recorded: RecordedEvent,
  { spec, labels, annotations }: Configuration<Spec>,
): Described<Spec> {
  const { aggregate, at, sequence } = recorded;
  return {
    name: aggregate.name,
    labels,
    annotations,
    createdAt: before?.createdAt ?? at,
    updatedAt: at,
    sequence,
    spec,
  };
}

/** The project after an event, undefined once it is deleted. */
export function foldProject(before: ProjectView | undefined, recorded: RecordedEvent): ProjectView | undefined {
  const event = recorded.event as ProjectEvent;
  switch (event.type) {
    case "ProjectCreated":
    case "ProjectUpdated":
      return described(before, recorded, event.data);
    case "ProjectDeleted":
      return undefined;
    default:
      return before;
  }
}

/** The customization after an event, undefined once it is deleted. */
export function foldResourceCustomization(
  before: ResourceCustomizationView | undefined,
  recorded: RecordedEvent,
): ResourceCustomizationView | undefined {
  const event = recorded.event as ResourceCustomizationEvent;
  switch (event.type) {
    case "ResourceCustomizationCreated":
    case "ResourceCustomizationUpdated":
      return described(before, recorded, event.data);
    case "ResourceCustomizationDeleted":
      return undefined;
    default:
      return before;
  }
}

/** The cluster after an event, undefined once it is deleted. */
export function foldCluster(before: ClusterView | undefined, recorded: RecordedEvent): ClusterView | undefined {
  const event = recorded.event as ClusterEvent;
  switch (event.type) {
    case "ClusterCreated":
    case "ClusterUpdated":
      return described(before, recorded, event.data);
    case "ClusterDeleted":
      return undefined;
    default:
      return before;
  }
}

type RefView = RepositoryView["refs"][string];

/** Refs remembered for a repository. */
const MAX_REFS = 100;

/** The repository after an event, undefined once it is deleted. */
export function foldRepository(
  before: RepositoryView | undefined,
  recorded: RecordedEvent,
): RepositoryView | undefined {
  const event = recorded.event as RepositoryEvent;
  switch (event.type) {
    case "RepositoryCreated":
    case "RepositoryUpdated":
      return { ...described(before, recorded, event.data), refs: before?.refs ?? {} };
    case "RepositoryDeleted":
      return undefined;
    case "PushDispatched": {
      const { revision } = event.data;
      return withRef(before, recorded, event.data, { at: recorded.at, ...(revision !== undefined && { revision }) });
    }
    case "PushRejected": {
      const { code, message } = event.data;
      return withRef(before, recorded, event.data, { at: recorded.at, code, message });
    }
    default:
      return before;
  }
}

function withRef(
  before: RepositoryView | undefined,
  { sequence }: RecordedEvent,
  { repoURL, ref }: { repoURL: string; ref: string },
  view: RefView,
): RepositoryView | undefined {
  if (before === undefined) return undefined;
  // The newest stands last, so that the first is the one to be forgotten.
  const { [`${repoURL} ${ref}`]: _replaced, ...others } = before.refs;
  const kept = Object.entries(others).slice(-(MAX_REFS - 1));
  return { ...before, sequence, refs: Object.fromEntries([...kept, [`${repoURL} ${ref}`, view]]) };
}
