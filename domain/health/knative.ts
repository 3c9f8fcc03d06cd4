import { byConditions, wellOnceRead, type Rules } from "./by-conditions.ts";

/** Every kind of Knative sums up its other conditions in Ready (knative.dev/docs, "Conditions", the happy one of a living resource). */
export const KNATIVE: Rules = {
  "*.knative.dev/*": byConditions({ needs: ["Ready"] }),
  "serving.knative.dev/ClusterDomainClaim": wellOnceRead,
  "networking.internal.knative.dev/ClusterDomainClaim": wellOnceRead,
};
