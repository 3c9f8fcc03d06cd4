import { cases, is, said } from "./cases.ts";

cases("cert-manager.io/v1", "Certificate", [
  ["nobody has taken it up", "Progressing", {}],
  [
    "issuing for the first time",
    "Progressing",
    said(
      is("Ready", "False", { reason: "DoesNotExist" }),
      is("Issuing", "True", { message: "Issuing certificate as Secret does not exist" }),
    ),
    /Secret does not exist/,
  ],
  ["issued", "Healthy", said(is("Ready", "True", { message: "Certificate is up to date and has not expired" }))],
  [
    "being renewed",
    "Progressing",
    said(is("Ready", "True"), is("Issuing", "True", { reason: "Renewing" })),
    "Renewing",
  ],
  [
    "refused",
    "Degraded",
    said(is("Ready", "False", { message: "The certificate request has failed" }), is("Issuing", "False")),
    /has failed/,
  ],
  [
    "ready for an older generation",
    "Progressing",
    said(is("Ready", "True", { observedGeneration: 1 })),
    /generation 1, not yet of 2/,
  ],
]);

cases("cert-manager.io/v1", "ClusterIssuer", [
  ["new", "Progressing", {}],
  ["registered", "Healthy", said(is("Ready", "True", { reason: "ACMEAccountRegistered" }))],
  [
    "not registered",
    "Degraded",
    said(is("Ready", "False", { message: "Failed to register ACME account: 403" })),
    /403/,
  ],
]);

cases("cert-manager.io/v1", "CertificateRequest", [
  ["pending", "Progressing", said(is("Approved", "True"), is("Ready", "False", { reason: "Pending" }))],
  ["issued", "Healthy", said(is("Approved", "True"), is("Ready", "True", { reason: "Issued" }))],
  [
    "failed",
    "Degraded",
    said(is("Ready", "False", { reason: "Failed", message: "order is in errored state" })),
    /errored/,
  ],
  ["denied", "Degraded", said(is("Denied", "True", { message: "not by policy" })), "not by policy"],
]);

cases("acme.cert-manager.io/v1", "Order", [
  ["new", "Progressing", {}],
  ["pending", "Progressing", { status: { state: "pending" } }],
  ["valid", "Healthy", { status: { state: "valid" } }],
  ["errored", "Degraded", { status: { state: "errored", reason: "429 rate limited" } }, "429 rate limited"],
]);

cases("acme.cert-manager.io/v1", "Challenge", [
  ["at work", "Progressing", { status: { state: "processing" } }],
  ["answered", "Healthy", { status: { state: "valid" } }],
  ["expired", "Degraded", { status: { state: "expired" } }],
  ["a state from the future", "Unknown", { status: { state: "sleeping" } }, /sleeping/],
]);

cases("external-secrets.io/v1", "ExternalSecret", [
  ["new", "Progressing", {}],
  ["synced", "Healthy", said(is("Ready", "True", { reason: "SecretSynced" }))],
  [
    "the store refuses",
    "Degraded",
    said(is("Ready", "False", { reason: "SecretSyncedError", message: "permission denied on path shop/db" })),
    /permission denied/,
  ],
]);

cases("external-secrets.io/v1", "ClusterSecretStore", [
  ["valid", "Healthy", said(is("Ready", "True", { reason: "Valid" }))],
  ["invalid", "Degraded", said(is("Ready", "False", { reason: "InvalidProviderConfig" })), "InvalidProviderConfig"],
]);

cases("external-secrets.io/v1alpha1", "PushSecret", [
  ["pushed", "Healthy", said(is("Ready", "True"))],
  ["not pushed", "Degraded", said(is("Ready", "False", { message: "set secret failed" }))],
]);

cases("external-secrets.io/v1", "ClusterExternalSecret", [
  [
    "in some namespaces only",
    "Degraded",
    said(is("PartiallyReady", "True", { message: "one or more namespaces failed" })),
  ],
  ["ready, with what was before left behind", "Healthy", said(is("NotReady", "True"), is("Ready", "True"))],
]);

cases("bitnami.com/v1alpha1", "SealedSecret", [
  ["new", "Progressing", {}],
  ["unsealed", "Healthy", said(is("Synced", "True"))],
  [
    "sealed for another key",
    "Degraded",
    said(is("Synced", "False", { message: "no key could decrypt secret (password)" })),
    /no key could decrypt/,
  ],
  [
    "an older one was unsealed",
    "Progressing",
    { status: { observedGeneration: 1, conditions: [is("Synced", "True")] } },
  ],
]);
