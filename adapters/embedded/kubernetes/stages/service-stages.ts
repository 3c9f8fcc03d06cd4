import { ALIVE, stage, where, type Stage } from "./stage.ts";

const NO_ADDRESS = { key: ".status.loadBalancer.ingress", operator: "DoesNotExist" } as const;
const ADDRESS = `
loadBalancer:
  ingress:
  - ip: 192.0.2.1
`;

/** Services of type LoadBalancer and Ingresses get an address, from the range that RFC 5737 keeps for examples. */
export const SERVICE_STAGES: readonly Stage[] = [
  stage("service-address", { kind: "Service" }, [ALIVE, NO_ADDRESS, where(`self.spec.type == "LoadBalancer"`)], {
    steps: [{ patch: { root: "status", subresource: "status", template: ADDRESS } }],
  }),
  stage("ingress-address", { apiGroup: "networking.k8s.io/v1", kind: "Ingress" }, [ALIVE, NO_ADDRESS], {
    steps: [{ patch: { root: "status", subresource: "status", template: ADDRESS } }],
  }),
];
