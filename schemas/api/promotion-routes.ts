import { z } from "zod";
import { ActorSchema } from "../facts.ts";
import { DNS_LABEL, PROMOTION_ID } from "../ids.ts";
import { GateVerdictSchema } from "../events/pipeline.ts";
import { RenderedDifference } from "../difference.ts";
import { EmergencyView, PromotionView } from "../promotion-views.ts";
import { JUDGEMENTS, PROMOTION_PHASES } from "../promotion.ts";
import { EventView, Page } from "./bodies.ts";
import { ReasonText } from "./plain-text.ts";
import { list, MISSING, read } from "./route-parts.ts";

const Name = z.string().regex(DNS_LABEL, "must be a name: lower case letters, digits and '-'");
const PromotionName = z
  .string()
  .regex(PROMOTION_ID, "must be the id of a promotion, or its beginning")
  .describe("Id of the promotion, or its beginning where no other has it.");
const ReleaseName = z
  .string()
  .min(1)
  .max(253)
  .describe("Alias of the release, or at least 7 digits of the beginning of its id.");

const PipelineParams = z.strictObject({ pipeline: Name });
const StageParams = z.strictObject({ pipeline: Name, stage: Name });
export const PromotionParams = z.strictObject({ pipeline: Name, promotion: PromotionName });

/** What the API shows of a promotion. */
export const PromotionAnswer = PromotionView.extend({
  alias: z.string().optional().describe("Readable name of the release."),
}).meta({ id: "Promotion" });
export type PromotionAnswer = z.output<typeof PromotionAnswer>;

export const PromotionPage = Page.extend({
  pipeline: Name.optional(),
  stage: Name.optional().describe("With pipeline: only those into this stage."),
  phase: z
    .enum([...PROMOTION_PHASES, "Open"])
    .optional()
    .describe("Open: all that have not ended."),
  id: PromotionName.optional().describe("Only those whose id begins so."),
});

const EmergencyRequest = z
  .strictObject({
    gates: z.array(z.string().min(1).max(253)).min(1).max(50).describe("Gates of the stage that are skipped."),
    reason: ReasonText,
  })
  .describe("For accounts in the stage's emergencyGroups; leaves a record that stays open until it is closed.");

export const PromoteRequest = z
  .strictObject({
    stage: Name,
    release: ReleaseName.optional().describe(
      "Alias, or at least 7 digits of the id; the newest that the stages before verified, and that is not excluded here, when absent.",
    ),
    emergency: EmergencyRequest.optional(),
  })
  .meta({ id: "PromoteRequest" });
export type PromoteRequest = z.output<typeof PromoteRequest>;

export const StageRollbackRequest = z
  .strictObject({
    release: ReleaseName.optional().describe("The last that was verified there, before the one it runs, when absent."),
    hold: z
      .boolean()
      .default(true)
      .describe(
        "false: a release newer than the one that is left may come by itself, without the stage being released.",
      ),
    emergency: EmergencyRequest.optional(),
  })
  .meta({ id: "StageRollbackRequest" });

const Why = z.strictObject({ reason: ReasonText });
const WhyOrNot = z.strictObject({ reason: ReasonText.optional() });
export const ReasonRequest = Why.meta({ id: "ReasonRequest" });
export const OptionalReasonRequest = WhyOrNot.meta({ id: "OptionalReasonRequest" });
export const ReleaseRequest = z.strictObject({ release: ReleaseName }).meta({ id: "ReleaseRequest" });
export const NoteRequest = z
  .strictObject({ note: ReasonText.describe("What was found, and what was done about it.") })
  .meta({ id: "NoteRequest" });
export const JudgeRequest = z
  .strictObject({
    verdict: z.enum(JUDGEMENTS).describe("Again has it measured once more."),
    run: z
      .string()
      .min(1)
      .max(253)
      .optional()
      .describe("Which verification; the one that waits for a person when absent."),
    reason: ReasonText,
  })
  .meta({ id: "JudgeRequest" });

export const PreviewRequest = z
  .strictObject({ release: ReleaseName.optional().describe("The one that is due when absent.") })
  .meta({ id: "PreviewRequest" });

/** A command that was recorded. `changed` is false where it was so already. */
const Recorded = {
  changed: z.boolean().describe("false: it was so already, and nothing was recorded."),
  sequence: z.int().describe("Ledger sequence that includes it."),
};
export const PromotionChange = z
  .object({ pipeline: z.string(), stage: z.string(), promotion: z.string(), release: z.string(), ...Recorded })
  .meta({ id: "PromotionChange" });
export type PromotionChange = z.output<typeof PromotionChange>;

export const PromotionAsked = PromotionChange.extend({
  alias: z.string(),
  held: z.boolean().describe("The stage stays at this release until it is released."),
  record: z.string().optional().describe("The emergency's record, to be closed later."),
}).meta({ id: "PromotionAsked" });
export type PromotionAsked = z.output<typeof PromotionAsked>;

export const StageChange = z
  .object({ pipeline: z.string(), stages: z.array(z.string()).describe("Those that changed."), ...Recorded })
  .meta({ id: "StageChange" });
export type StageChange = z.output<typeof StageChange>;

/** Whether promotions may go on anywhere. */
export const Line = z
  .object({
    stopped: z.boolean(),
    reason: z.string().optional(),
    by: ActorSchema.optional(),
    at: z.string().optional(),
    sequence: z.int().optional(),
  })
  .meta({ id: "Line" });
export type Line = z.output<typeof Line>;

/** Gates that were skipped in an emergency. */
export const Emergency = EmergencyView.extend({ pipeline: z.string() }).meta({ id: "Emergency" });
export type Emergency = z.output<typeof Emergency>;

/** Why a promotion has not ended well yet, or why nothing moves into a stage; the first cause is the one that counts. */
export const PromotionWhy = z
  .object({
    pipeline: z.string(),
    stage: z.string(),
    promotion: z.string().optional().describe("Absent where none runs or waits."),
    release: z.string().optional(),
    alias: z.string().optional(),
    standing: z.enum([
      "Queued",
      "Waiting",
      "Paused",
      "Working",
      "Undecided",
      "Failed",
      "Aborted",
      "Superseded",
      "Held",
      "Stopped",
      "Done",
      "Empty",
    ]),
    causes: z.array(
      z.object({
        reason: z.string().describe("One CamelCase word."),
        message: z.string(),
        gate: z.string().optional(),
        application: z.string().optional(),
        since: z.string().optional(),
        until: z.string().optional().describe("When it ends by itself, or is looked at again at the latest."),
        evidence: z.record(z.string(), z.unknown()).optional().describe("What a gate's verdict rests on."),
        who: z.string().describe("Who can change it."),
        next: z.string().describe("The next command to type."),
      }),
    ),
    gates: z
      .array(GateVerdictSchema.extend({ at: z.string() }))
      .describe("All gates as they were last looked at, passed ones included."),
  })
  .meta({ id: "PromotionWhy" });
export type PromotionWhy = z.output<typeof PromotionWhy>;

const tag = "promotions";
const pipeline = { tag, params: PipelineParams } as const;
const stage = { tag, params: StageParams } as const;
const promotion = { tag, params: PromotionParams } as const;
const CHANGING = [...MISSING, "Conflict", "Forbidden", "Unavailable"] as const;
const changing = { method: "POST", status: 200, errors: CHANGING } as const;
const ofStage = (verb: string, summary: string) =>
  ({
    ...stage,
    ...changing,
    path: `/pipelines/:pipeline/stages/:stage/${verb}`,
    summary,
    answer: StageChange,
  }) as const;
const ofPromotion = (verb: string, summary: string) =>
  ({
    ...promotion,
    ...changing,
    path: `/pipelines/:pipeline/promotions/:promotion/${verb}`,
    summary,
    answer: PromotionChange,
  }) as const;

/** Routes of promotions: what moves, what holds it, and what operators may do about it. */
export const promotionRoutes = {
  listPromotions: {
    ...read,
    tag,
    path: "/promotions",
    summary: "Promotions, newest first",
    query: PromotionPage,
    answer: list(PromotionAnswer),
    errors: MISSING,
  },
  getPromotion: {
    ...read,
    ...promotion,
    path: "/pipelines/:pipeline/promotions/:promotion",
    summary: "One promotion: its gates, waves, applications and verifications",
    answer: PromotionAnswer,
    errors: MISSING,
  },
  getPromotionDifference: {
    ...read,
    ...promotion,
    path: "/pipelines/:pipeline/promotions/:promotion/diff",
    summary: "What a promotion changes in each target, object by object, and the commits between",
    answer: RenderedDifference.meta({ id: "RenderedDifference" }),
    errors: MISSING,
  },
  promote: {
    ...pipeline,
    ...changing,
    path: "/pipelines/:pipeline/promotions",
    summary: "Bring a release into a stage, through its gates",
    body: PromoteRequest,
    answer: PromotionAsked,
  },
  abortPromotion: {
    ...ofPromotion("abort", "End a promotion; what it leaves the stage in is recorded"),
    body: OptionalReasonRequest,
  },
  pausePromotion: {
    ...ofPromotion("pause", "Stop a promotion before its next step"),
    body: OptionalReasonRequest,
  },
  resumePromotion: ofPromotion("resume", "Let a paused promotion go on"),
  judgePromotion: {
    ...ofPromotion("judge", "Decide or repeat a verification that holds a promotion"),
    body: JudgeRequest,
  },
  whyPromotion: {
    ...read,
    ...promotion,
    path: "/pipelines/:pipeline/promotions/:promotion/why",
    summary: "Which gate holds a promotion, on what evidence, and who may decide",
    answer: PromotionWhy,
    errors: MISSING,
  },
  whyStage: {
    ...read,
    ...stage,
    path: "/pipelines/:pipeline/stages/:stage/why",
    summary: "Why nothing moves into a stage, or what holds what does",
    answer: PromotionWhy,
    errors: MISSING,
  },
  rollbackStage: {
    ...stage,
    ...changing,
    path: "/pipelines/:pipeline/stages/:stage/rollback",
    summary: "Go back to a release that was verified in the stage, with all its applications",
    body: StageRollbackRequest,
    answer: PromotionAsked,
  },
  previewPromotion: {
    ...stage,
    ...changing,
    path: "/pipelines/:pipeline/stages/:stage/preview",
    summary: "What a release would change in a stage, object by object; nothing is asked for",
    body: PreviewRequest,
    answer: RenderedDifference.meta({ id: "RenderedDifference" }),
    errors: [...MISSING, "Conflict", "SourceUnavailable", "RenderFailed"],
  },
  holdStage: {
    ...ofStage("hold", "Keep the stage at the release it runs: nothing automatic changes it"),
    body: OptionalReasonRequest,
  },
  releaseStage: ofStage("release", "Let automatic promotions change a held stage again"),
  pauseStage: { ...ofStage("pause", "Let nothing begin to move into the stage"), body: ReasonRequest },
  resumeStage: ofStage("resume", "Let promotions move into a paused stage again"),
  excludeRelease: {
    ...ofStage("exclude", "Keep a release from coming into the stage by itself"),
    body: ReleaseRequest,
  },
  readmitRelease: {
    ...ofStage("readmit", "Let an excluded release come into the stage by itself again"),
    body: ReleaseRequest,
  },
  pausePipeline: {
    ...pipeline,
    ...changing,
    path: "/pipelines/:pipeline/pause",
    summary: "Pause every stage of a pipeline",
    body: ReasonRequest,
    answer: StageChange,
  },
  resumePipeline: {
    ...pipeline,
    ...changing,
    path: "/pipelines/:pipeline/resume",
    summary: "Resume every paused stage of a pipeline",
    answer: StageChange,
  },
  listPipelineEvents: {
    ...read,
    ...pipeline,
    path: "/pipelines/:pipeline/events",
    summary: "Events of a pipeline and its promotions, oldest first",
    query: Page,
    answer: list(EventView),
    errors: MISSING,
  },
  getLine: {
    ...read,
    tag,
    path: "/line",
    summary: "Whether the line is stopped: nothing is promoted anywhere then",
    answer: Line,
    errors: [],
  },
  stopTheLine: {
    ...changing,
    tag,
    path: "/line/stop",
    summary: "Stop promotions everywhere, but rollbacks: nothing begins to move, and no further wave begins",
    body: ReasonRequest,
    answer: Line,
  },
  resumeTheLine: { ...changing, tag, path: "/line/resume", summary: "Let promotions go on", answer: Line },
  listEmergencies: {
    ...read,
    tag,
    path: "/emergencies",
    summary: "Gates skipped in emergencies, open records first",
    query: Page.extend({ open: z.enum(["true", "false"]).optional() }),
    answer: list(Emergency),
    errors: ["InvalidInput"],
  },
  closeEmergency: {
    ...changing,
    tag,
    path: "/emergencies/:record/close",
    params: z.strictObject({ record: z.string().min(4).max(128).describe("Id of the record, or its beginning.") }),
    summary: "Close the record of an emergency, with what was found",
    body: NoteRequest,
    answer: Emergency.extend({ sequence: z.int() }).meta({ id: "EmergencyClosed" }),
  },
} as const;
