import { byConditions, type Rules } from "./by-conditions.ts";
import type { Health, Shape } from "./verdict.ts";

const ready = byConditions({ needs: ["Ready"] });
const somewhere = byConditions({ needs: ["Ready"], failing: ["NotReady", "PartiallyReady"] });

/** ClusterExternalSecret says in another condition that some namespaces failed, and may leave it behind once all are ready. */
function clusterExternalSecret(object: Shape): Health {
  const found = ready(object);
  return found.status === "Progressing" ? somewhere(object) : found;
}

/** Operators that make Secrets: External Secrets (external-secrets.io/latest/api) and Sealed Secrets (status condition Synced). */
export const SECRET_OPERATORS: Rules = {
  "external-secrets.io/ExternalSecret": ready,
  "external-secrets.io/ClusterExternalSecret": clusterExternalSecret,
  "external-secrets.io/SecretStore": ready,
  "external-secrets.io/ClusterSecretStore": ready,
  "external-secrets.io/PushSecret": ready,
  "external-secrets.io/ClusterPushSecret": ready,
  "bitnami.com/SealedSecret": byConditions({ needs: ["Synced"] }),
};
