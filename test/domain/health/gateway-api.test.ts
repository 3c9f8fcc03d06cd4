import { cases, is, said } from "./cases.ts";

const group = "gateway.networking.k8s.io/v1";
const good = [is("Accepted", "True"), is("ResolvedRefs", "True")];
const programmed = [is("Accepted", "True"), is("Programmed", "True")];

cases(group, "GatewayClass", [
  [
    "new",
    "Progressing",
    said(is("Accepted", "Unknown", { reason: "Pending", message: "Waiting for controller" })),
    /Waiting/,
  ],
  ["accepted", "Healthy", said(is("Accepted", "True"))],
  ["refused", "Degraded", said(is("Accepted", "False", { reason: "InvalidParameters" })), "InvalidParameters"],
]);

cases(group, "Gateway", [
  ["without a controller", "Progressing", {}],
  ["pending", "Progressing", said(is("Accepted", "Unknown", { reason: "Pending" }), is("Programmed", "Unknown"))],
  [
    "programmed, its listeners too",
    "Healthy",
    {
      status: {
        conditions: programmed,
        listeners: [{ name: "http", conditions: [...good, is("Programmed", "True")] }],
      },
    },
  ],
  [
    "has no address yet",
    "Progressing",
    said(is("Accepted", "True"), is("Programmed", "False", { message: "no addresses" })),
    "no addresses",
  ],
  [
    "a listener whose certificate is missing",
    "Degraded",
    {
      status: {
        conditions: programmed,
        listeners: [
          {
            name: "https",
            conditions: [is("Accepted", "True"), is("ResolvedRefs", "False", { message: "secret tls not found" })],
          },
        ],
      },
    },
    "listener https: secret tls not found",
  ],
  ["accepted for an older generation", "Progressing", said(is("Accepted", "True", { observedGeneration: 1 }))],
]);

const parent = (name: string, ...conditions: object[]) => ({ parentRef: { name }, conditions });
for (const kind of ["HTTPRoute", "GRPCRoute", "TLSRoute"]) {
  cases(group, kind, [
    ["no Gateway has taken it up", "Progressing", { status: { parents: [] } }],
    ["accepted", "Healthy", { status: { parents: [parent("public", ...good)] } }],
    [
      "its backend is missing",
      "Degraded",
      {
        status: {
          parents: [
            parent("public", is("Accepted", "True"), is("ResolvedRefs", "False", { message: "Service web not found" })),
          ],
        },
      },
      "Gateway public: Service web not found",
    ],
    [
      "one of two Gateways refuses it",
      "Degraded",
      {
        status: {
          parents: [parent("a", ...good), parent("b", is("Accepted", "False", { reason: "NotAllowedByListeners" }))],
        },
      },
      "Gateway b: NotAllowedByListeners",
    ],
    [
      "one Gateway is behind, another has accepted it",
      "Healthy",
      {
        status: {
          parents: [
            parent("old", is("Accepted", "False", { observedGeneration: 1 })),
            parent("new", is("Accepted", "True", { observedGeneration: 2 })),
          ],
        },
      },
    ],
    [
      "every Gateway is behind",
      "Progressing",
      { status: { parents: [parent("old", is("Accepted", "True", { observedGeneration: 1 }))] } },
    ],
  ]);
}

cases(group, "BackendTLSPolicy", [
  ["accepted", "Healthy", { status: { ancestors: [{ ancestorRef: { name: "public" }, conditions: good }] } }],
  [
    "refused",
    "Degraded",
    {
      status: {
        ancestors: [{ ancestorRef: { name: "public" }, conditions: [is("Accepted", "False", { message: "no CA" })] }],
      },
    },
    /public: no CA/,
  ],
]);
