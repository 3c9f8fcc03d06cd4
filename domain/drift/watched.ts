import type { ApplicationView } from "../../schemas/views.ts";
import { driftPolicyOf } from "./policy.ts";

/** In a break-glass every change by hand is told, also of a field that is drifted already. */
export const isExact = ({ breakGlass }: ApplicationView): boolean =>
  breakGlass !== undefined && breakGlass.ended === undefined;

const policyOf = ({ spec }: ApplicationView): ReturnType<typeof driftPolicyOf> => driftPolicyOf(spec.syncPolicy);

/** Whether nothing is to be told of drift. */
export const isIgnored = (view: ApplicationView): boolean => policyOf(view) === "ignore" && !isExact(view);

/** Whether there is drift that is to be put back, and nothing under way that does. */
export const isStanding = (view: ApplicationView): boolean =>
  view.drift.length > 0 &&
  view.running === undefined &&
  view.held === undefined &&
  view.breakGlass === undefined &&
  policyOf(view) === "remediate";
