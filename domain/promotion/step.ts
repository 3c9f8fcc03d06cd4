import type { Gate } from "../../schemas/kinds/gate.ts";
import type { Stage } from "../../schemas/kinds/pipeline.ts";
import type { HealthStatus } from "../../schemas/operation.ts";
import type { CommandOf, RequestPromotion } from "./command.ts";
import type { PipelineState, PromotionState } from "./state.ts";

/** A release of the pipeline's source; `ReleaseSummary` fits. */
export interface ReleaseOfSource {
  release: string;
  /** RFC 3339. */
  at: string;
}

/** How an application of the stage stands, by its aggregate; `since` is when its health turned (RFC 3339), where that is known. */
export interface ApplicationHealth {
  application: string;
  health: HealthStatus;
  since?: string | undefined;
  /** What is deployed, where a person asked for it and no promotion. */
  byHand?: { operation: string; sourceDigest: string } | undefined;
}

/**
 * A step that was taken since the stage was woken last (by a signal or its timer): it is not taken again before that. The workflow keeps
 * these, adds one after each of these steps, and forgets them all when it is woken.
 */
export interface Look {
  do: "render" | "evaluate" | "observe" | "followPullRequest" | "measure";
  promotion: string;
  /** measure: of which run. */
  run?: string | undefined;
  /** RFC 3339: when it wants to be taken again at the latest, where the step knows. */
  again?: string | undefined;
}

/** Everything that the next step of a stage is decided on. Nothing else may be asked. */
export interface NextInput {
  pipeline: string;
  state: PipelineState;
  stage: string;
  /** RFC 3339. */
  now: string;
  /** Of the pipeline's ReleaseSource, the newest first. */
  releases: readonly ReleaseOfSource[];
  line?: { stopped: boolean } | undefined;
  /** Gates of the stage with those of its policies in their place (`gatesOf`); the stage's own when absent. */
  gates?: readonly Gate[] | undefined;
  /** Of the applications that the stage promoted; without them no health is lost once an application is promoted. */
  health?: readonly ApplicationHealth[] | undefined;
  looked?: readonly Look[] | undefined;
}

/**
 * The one next step of a stage. Those with a `command` are records only: execute it on the pipeline and ask again. After the others do the
 * step, keep a Look where it is one of those, and ask again. `wait` waits for a signal or until then.
 */
export type Next =
  | { do: "idle" }
  | { do: "wait"; until?: string; why: string; promotion?: string }
  | { do: "request"; command: RequestPromotion }
  | { do: "start"; command: CommandOf<"StartNext"> }
  | { do: "render"; promotion: string }
  | { do: "evaluate"; promotion: string }
  | { do: "beginMove"; promotion: string; command: CommandOf<"BeginMove"> }
  /** commit: commits. pullRequest: commits to a branch and opens it. Never of pin, whose waves pin. */
  | { do: "move"; promotion: string }
  | { do: "followPullRequest"; promotion: string }
  /** Its promotion ended and left it open. */
  | { do: "closePullRequest"; promotion: string; reason: "Superseded" | "Aborted" }
  | { do: "startWave"; promotion: string; wave: number }
  | { do: "observe"; promotion: string }
  | { do: "completeWave"; promotion: string; command: CommandOf<"CompleteWave"> }
  | { do: "startVerification"; promotion: string; command: CommandOf<"StartVerification"> }
  | { do: "measure"; promotion: string; run: string }
  /** By policy it is not wanted any more: the release is excluded in a stage before. */
  | { do: "abort"; promotion: string; command: CommandOf<"AbortPromotion"> }
  | { do: "succeed"; promotion: string; command: CommandOf<"Succeed"> }
  | { do: "fail"; promotion: string; command: CommandOf<"Fail"> }
  /** An application that this promotion had promoted lost its health before the promotion ended. */
  | { do: "loseTarget"; promotion: string; command: CommandOf<"RecordTargetFailure"> }
  /** The same after it ended. */
  | { do: "loseHealth"; command: CommandOf<"LoseHealth"> }
  | { do: "regainHealth"; command: CommandOf<"RegainHealth"> };

/** The input with the promotion whose turn it is, and its stage's configuration. */
export interface Taken extends NextInput {
  promotion: PromotionState;
  configured: Stage;
}

/** The look that was taken since the stage was woken, if it was. */
export const lookOf = (
  { looked = [], promotion }: Pick<Taken, "looked" | "promotion">,
  what: Look["do"],
  run?: string,
): Look | undefined =>
  looked.findLast((look) => look.do === what && look.promotion === promotion.promotion && look.run === run);

/** The first of several instants (RFC 3339), as an `until`; nothing where none is given. */
export function untilFirst(...instants: (string | undefined)[]): { until?: string } {
  const known = instants.flatMap((each) => each ?? []);
  const first = known.toSorted((a, b) => Date.parse(a) - Date.parse(b))[0];
  return first === undefined ? {} : { until: first };
}

/** RFC 3339 of milliseconds. */
export const textOf = (instant: number): string => new Date(instant).toISOString();
