import { byConditions, byPhase, type Phases, type Rules } from "./by-conditions.ts";

/** States of an ACME order or challenge (cert-manager pkg/apis/acme/v1/types_order.go). */
const ACME: Phases = {
  ...{ valid: "Healthy", pending: "Progressing", ready: "Progressing", processing: "Progressing" },
  ...{ invalid: "Degraded", expired: "Degraded", errored: "Degraded" },
};

const acme = byPhase(["status", "state"], ACME, ["status", "reason"]);
const issuer = byConditions({ needs: ["Ready"] });

/** cert-manager's kinds by their documented conditions (cert-manager.io/docs/usage/certificate and /reference/api-docs). */
export const CERT_MANAGER: Rules = {
  "cert-manager.io/Certificate": byConditions({ needs: ["Ready"], working: ["Issuing"] }),
  "cert-manager.io/Issuer": issuer,
  "cert-manager.io/ClusterIssuer": issuer,
  "cert-manager.io/CertificateRequest": byConditions({
    needs: ["Ready"],
    failing: ["Denied", "InvalidRequest"],
    patience: ["Pending"],
  }),
  "acme.cert-manager.io/Order": acme,
  "acme.cert-manager.io/Challenge": acme,
};
