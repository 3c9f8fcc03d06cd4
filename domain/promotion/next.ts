import type { Gate } from "../../schemas/kinds/gate.ts";
import type { HealthStatus } from "../../schemas/operation.ts";
import type { PipelineCommand, RequestPromotion } from "./command.ts";
import type { PipelineState } from "./state.ts";

type Command<Type extends PipelineCommand["type"]> = Extract<PipelineCommand, { type: Type }>;

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
  /** Applications that the stage last promoted; without them no health is lost after a promotion. */
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
  | { do: "start"; command: Command<"StartNext"> }
  | { do: "render"; promotion: string }
  | { do: "evaluate"; promotion: string }
  | { do: "beginMove"; promotion: string; command: Command<"BeginMove"> }
  /** commit: commits. pullRequest: commits to a branch and opens it. Never of pin, whose waves pin. */
  | { do: "move"; promotion: string }
  | { do: "followPullRequest"; promotion: string }
  /** Its promotion ended and left it open. */
  | { do: "closePullRequest"; promotion: string; reason: "Superseded" | "Aborted" }
  | { do: "startWave"; promotion: string; wave: number }
  | { do: "observe"; promotion: string }
  | { do: "completeWave"; promotion: string; command: Command<"CompleteWave"> }
  | { do: "startVerification"; promotion: string; command: Command<"StartVerification"> }
  | { do: "measure"; promotion: string; run: string }
  | { do: "succeed"; promotion: string; command: Command<"Succeed"> }
  | { do: "fail"; promotion: string; command: Command<"Fail"> }
  | { do: "loseHealth"; command: Command<"LoseHealth"> };
