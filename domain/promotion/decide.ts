import type { PipelineEvent } from "../../schemas/events/index.ts";
import { approve, reject } from "./approvals.ts";
import type { PipelineCommand } from "./command.ts";
import { configure } from "./configure.ts";
import { recordDifference, recordVerdicts } from "./gates.ts";
import { beginMove, recordClosed, recordCommit, recordMerge, recordPullRequest } from "./moving.ts";
import { abort, fail, pause, resume, succeed } from "./finish.ts";
import { startNext } from "./queue.ts";
import { request } from "./request.ts";
import { loseHealth, regainHealth } from "./rollback.ts";
import { closeEmergency, exclude, hold, pauseStage, readmit, release, resumeStage } from "./stage.ts";
import type { PipelineState } from "./state.ts";
import { completeVerification, judge, recordMeasurements, startVerification } from "./verification.ts";
import { completeWave, recordPromoted, recordTargetFailure, startWave } from "./waves.ts";

type Decision<Type extends PipelineCommand["type"]> = (
  command: Extract<PipelineCommand, { type: Type }>,
  state: PipelineState,
) => PipelineEvent[];

/** What each command makes happen. */
const DECISIONS: { [Type in PipelineCommand["type"]]: Decision<Type> } = {
  Configure: configure,
  Remove: configure,
  RequestPromotion: request,
  StartNext: startNext,
  RecordDifference: recordDifference,
  RecordVerdicts: recordVerdicts,
  GiveApproval: approve,
  RejectApproval: reject,
  PausePromotion: pause,
  ResumePromotion: resume,
  AbortPromotion: abort,
  BeginMove: beginMove,
  RecordCommit: recordCommit,
  RecordPullRequest: recordPullRequest,
  RecordMerge: recordMerge,
  RecordPullRequestClosed: recordClosed,
  StartWave: startWave,
  RecordPromoted: recordPromoted,
  RecordTargetFailure: recordTargetFailure,
  CompleteWave: completeWave,
  StartVerification: startVerification,
  RecordMeasurements: recordMeasurements,
  CompleteVerification: completeVerification,
  JudgeVerification: judge,
  Succeed: succeed,
  Fail: fail,
  LoseHealth: loseHealth,
  RegainHealth: regainHealth,
  HoldStage: hold,
  ReleaseStage: release,
  PauseStage: pauseStage,
  ResumeStage: resumeStage,
  ExcludeRelease: exclude,
  ReadmitRelease: readmit,
  CloseEmergency: closeEmergency,
};

/**
 * What a command on a pipeline makes happen; [] when there is nothing new to say. Steps of workflows never throw; operators' commands
 * throw NotFound and Conflict for what can't be.
 */
export const decidePipeline = (command: PipelineCommand, state: PipelineState): PipelineEvent[] =>
  (DECISIONS[command.type] as Decision<PipelineCommand["type"]>)(command, state);
