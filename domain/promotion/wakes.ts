import type { AggregateType } from "../../schemas/ids.ts";
import type { Gate } from "../../schemas/kinds/gate.ts";
import type { PipelineSpec, Stage } from "../../schemas/kinds/pipeline.ts";
import { TERMINAL_EVENTS } from "../application/state.ts";
import { stagesBefore } from "./meant.ts";
import { type Selectable, selects } from "./targets.ts";

/** A stage's work, by name. */
export interface StageName {
  pipeline: string;
  stage: string;
}

/** As much of a pipeline as tells whom an event concerns. */
export interface KnownPipeline {
  name: string;
  spec: PipelineSpec;
  stages: readonly KnownStage[];
}

export interface KnownStage {
  name: string;
  running?: string | undefined;
  queue: readonly string[];
  applications: Readonly<Record<string, unknown>>;
}

/** Something that was recorded, as far as it is told apart here. */
export interface WakingNews {
  aggregate: AggregateType;
  name: string;
  types: readonly string[];
  /** Stages that the events name, where they name any. */
  stages: readonly string[];
  /** The workflow of the stage recorded it itself, and goes on by itself. */
  own: boolean;
  /** application: as it is now; absent when it is gone. */
  application?: Selectable | undefined;
}

const CONFIGURED = ["ApplicationCreated", "ApplicationUpdated", "ApplicationDeleted"] as const;

/** Events of each aggregate that may make a stage look again. */
export const WAKING = {
  pipeline: [
    ...["PipelineCreated", "PipelineUpdated", "PipelineDeleted"],
    ...["PromotionRequested", "PromotionSuperseded", "PromotionPaused", "PromotionResumed", "PromotionAborted"],
    ...["PromotionSucceeded", "PromotionFailed", "PromotionStarted"],
    ...["ApprovalGiven", "ApprovalRejected", "PullRequestMerged", "PullRequestClosed", "VerificationJudged"],
    ...["ReleaseVerified", "ReleaseUnverified", "ReleaseExcluded", "ReleaseReadmitted", "EmergencyDeclared"],
    ...["StageHeld", "StageReleased", "StagePaused", "StageResumed"],
  ],
  releasesource: ["ReleaseSourceCreated", "ReleaseSourceUpdated", "ReleaseCreated"],
  application: [...CONFIGURED, ...TERMINAL_EVENTS, "HealthChanged"],
  system: ["LineStopped", "LineResumed"],
  gatepolicy: ["GatePolicyCreated", "GatePolicyUpdated", "GatePolicyDeleted"],
  analysistemplate: ["AnalysisTemplateCreated", "AnalysisTemplateUpdated", "AnalysisTemplateDeleted"],
  account: ["AccountCreated", "AccountUpdated", "AccountDeleted"],
} as const satisfies Partial<Record<AggregateType, readonly string[]>>;

/** Events after which the stages behind, and those that depend on it, may have something to do. */
const PASSED_ON: ReadonlySet<string> = new Set([
  ...["ReleaseVerified", "ReleaseUnverified", "ReleaseExcluded", "ReleaseReadmitted"],
  ...["PromotionSucceeded", "PromotionFailed", "PromotionAborted", "PromotionSuperseded", "PromotionStarted"],
]);

const CONFIGURATION: ReadonlySet<string> = new Set(["PipelineCreated", "PipelineUpdated", "PipelineDeleted"]);

/** The stages that have to look again after something was recorded. To look for nothing costs little; not to look loses a promotion. */
export function stagesToWake(news: WakingNews, pipelines: readonly KnownPipeline[]): StageName[] {
  const where = (WHO[news.aggregate] ?? anyBusy)(news);
  return pipelines.flatMap((pipeline) =>
    pipeline.spec.stages
      .filter((stage) => where({ pipeline, stage, known: pipeline.stages.find(({ name }) => name === stage.name) }))
      .map((stage) => ({ pipeline: pipeline.name, stage: stage.name })),
  );
}

interface Candidate {
  pipeline: KnownPipeline;
  stage: Stage;
  known: KnownStage | undefined;
}

type Concerned = (candidate: Candidate) => boolean;

const WHO: Partial<Record<AggregateType, (news: WakingNews) => Concerned>> = {
  pipeline: ofPipeline,
  application: ofApplication,
  releasesource:
    ({ name }) =>
    ({ pipeline, stage, known }) =>
      pipeline.spec.releaseSource === name && (stage.automatic !== "never" || isBusy(known)),
  system:
    () =>
    ({ stage, known }) =>
      isBusy(known) || stage.automatic !== "never",
  gatepolicy:
    ({ name }) =>
    ({ stage, known }) =>
      isBusy(known) && stage.gates.some(({ policy }) => policy === name),
};

function ofPipeline({ name, types, stages, own }: WakingNews): Concerned {
  const whole = types.some((type) => CONFIGURATION.has(type));
  const passed = types.some((type) => PASSED_ON.has(type));
  return ({ pipeline, stage }) => {
    const here = pipeline.name === name;
    if (here && whole) return true;
    if (here && !own && stages.includes(stage.name)) return true;
    if (!passed) return false;
    if (here && stagesBefore(pipeline.spec, stage.name).some((before) => stages.includes(before))) return true;
    return stage.gates.some((gate) => dependsOn(gate, name, stages));
  };
}

/** Those of policies are not seen here, so what names a policy may depend on anything. */
const dependsOn = ({ dependency, policy }: Gate, pipeline: string, stages: readonly string[]): boolean =>
  policy !== undefined || (dependency?.pipeline === pipeline && stages.includes(dependency.stage));

function ofApplication({ name, types, application }: WakingNews): Concerned {
  const turned = types.includes("HealthChanged");
  return ({ pipeline, stage, known }) => {
    // What a stage promoted is verified only for as long as it is healthy, also while nothing is under way there.
    if (known && Object.hasOwn(known.applications, name)) return turned || isBusy(known);
    if (!isBusy(known)) return false;
    if (!application) return true;
    return application.project === pipeline.spec.project && selects(stage.applications, application);
  };
}

const anyBusy =
  () =>
  ({ known }: Candidate): boolean =>
    isBusy(known);

const isBusy = (stage: KnownStage | undefined): boolean =>
  stage !== undefined && (stage.running !== undefined || stage.queue.length > 0);
