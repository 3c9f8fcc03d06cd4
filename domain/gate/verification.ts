import type { VerificationRun } from "../promotion/state.ts";
import { type Judged, type Said, say } from "./input.ts";

const said = say("verification");

/** What the newest run of the gate's verification came to; a person's judgement stands above it. */
export function judgeVerification({ gate, promotion }: Judged): Said {
  const run = promotion.verifications.findLast((one) => one.gate === gate.name);
  if (!run) return said("wait", "NotStarted", "its verification has not begun");
  const evidence = evidenceOf(run);
  if (run.judged) {
    const { verdict, by } = run.judged;
    if (verdict === "Again") return said("wait", "MeasuredAgain", `${by.name} has it measured again`, { evidence });
    return verdict === "Successful"
      ? said("pass", "JudgedSuccessful", `${by.name} judged it successful`, { evidence })
      : said("block", "JudgedFailed", `${by.name} judged it failed`, { evidence });
  }
  const why = run.message === undefined ? "" : `: ${run.message}`;
  switch (run.phase) {
    case "Running":
      return said("wait", "Verifying", `its verification runs since ${run.startedAt}`, { evidence });
    case "Successful":
      return said("pass", "VerificationSuccessful", "its verification was successful", { evidence });
    case "Failed":
      return said("block", "VerificationFailed", `its verification failed${why}; ${OVERRULED}`, { evidence });
    case "Error":
      return said("block", "VerificationError", `its verification could not be measured${why}; ${OVERRULED}`, {
        evidence,
      });
    case "Inconclusive":
      return said("wait", "VerificationInconclusive", `its verification told nothing, a person has to judge${why}`, {
        evidence,
      });
  }
}

/** What is left to do where nothing is measured any more. */
const OVERRULED = "an operator may judge it, or have it measured again";

/** Most metrics that evidence names. */
const MOST_METRICS = 10;

const evidenceOf = ({ run, startedAt, endedAt, metrics }: VerificationRun) => ({
  run,
  startedAt,
  ...(endedAt !== undefined && { endedAt }),
  metrics: metrics.slice(0, MOST_METRICS).map(({ metric, successful, failed, inconclusive, errors }) => ({
    metric,
    successful,
    failed,
    inconclusive,
    errors,
  })),
});
