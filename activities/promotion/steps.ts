import type { Look } from "../../domain/promotion/next.ts";
import type { ErrorCode } from "../../schemas/errors.ts";
import type { Actor } from "../../schemas/operation.ts";
import type { ApprovalBinding } from "../../schemas/promotion.ts";

/**
 * What crosses between the workflow of a stage and its activities: keys and reasons, never state. Each step reads the ledger anew,
 * so that running it twice, or too late, is harmless.
 */
export interface PromotionSteps {
  /**
   * Looks what is due in a stage. What takes no more than reading and recording is done at once, gates and running syncs are looked at;
   * what takes a step of its own is named.
   */
  lookAtStage(input: StageKey & { looked: Look[] }): Promise<{ due: Due; looked: Look[] }>;
  /** Renders what the promotion changes in each target, and records it. */
  renderDifference(input: PromotionKey): Promise<void>;
  /** Brings the release to where the applications take it from: a commit, or a pull request. */
  movePromotion(input: PromotionKey): Promise<void>;
  followPullRequest(input: PromotionKey): Promise<Looked>;
  closePullRequest(input: PromotionKey & { reason: "Superseded" | "Aborted" }): Promise<void>;
  /** Records what the applications of a wave have to run. */
  startWave(input: PromotionKey & { wave: number }): Promise<void>;
  /** Takes the measurements that are due, and the verdict once it is clear. */
  measure(input: PromotionKey & { run: string }): Promise<Looked>;
  /** A step can't be carried out, and trying again will not help: the promotion fails with its reason. */
  giveUpPromotion(input: PromotionKey & { code: ErrorCode; message: string }): Promise<void>;
  /** Records a person's yes or no. What is wrong with it is an answer, not a failure. */
  decideGate(input: StageKey & { decision: Decision }): Promise<Decided>;
}

/** Which stage. */
export interface StageKey {
  pipeline: string;
  stage: string;
}

/** Which promotion of it. */
export interface PromotionKey extends StageKey {
  promotion: string;
}

/** What a stage has to do next. `leftMs` is the time until it is looked at again at the latest, by the clock of the activities. */
export type Due =
  | { do: "idle" }
  | { do: "wait"; why: string; promotion?: string; leftMs?: number }
  | { do: "render" | "move" | "followPullRequest"; promotion: string }
  | { do: "closePullRequest"; promotion: string; reason: "Superseded" | "Aborted" }
  | { do: "startWave"; promotion: string; wave: number }
  | { do: "measure"; promotion: string; run: string };

/** What a look at something outside brought. */
export interface Looked {
  /** RFC 3339: when it wants to look again at the latest. */
  again?: string;
  /** Gates may say something else after it. */
  verdict?: true;
}

/** A person's yes or no to one exact promotion. */
export interface Decision {
  promotion: string;
  gate: string;
  verdict: "approve" | "reject";
  /** What the person saw: if either changed since, the answer is refused. */
  binding: ApprovalBinding;
  by: Actor;
  /** Groups that the person was in then. */
  groups: string[];
  /** With reject, the reason. */
  comment?: string;
  via: "api" | "cli" | "link";
  /** Account that made the link. */
  linkBy?: string;
  /** How many approvals of the person at this gate have ended: after one expired, the same word is another. */
  earlier?: number;
}

/** What became of a decision. */
export type Decided =
  /** It stands in the ledger at or before this sequence; `news` is false where the same was said before. */
  | { status: "recorded"; sequence: number; news: boolean }
  | { status: "refused"; code: ErrorCode; message: string; next?: string };

/** Where a stage's workflow is, for whoever asks it. */
export interface StageProgress {
  /** The step that runs, or `wait`. */
  step: string;
  promotion?: string;
  /** What it waits for. */
  why?: string;
  /** RFC 3339: when it looks again at the latest. */
  until?: string;
  /** Why the last step could not be carried out; it is tried again. */
  trouble?: { step: string; code: ErrorCode; message: string };
}
