import { stage, type MatchExpression, type Stage } from "./stage.ts";

const NODE = { kind: "Node" };
const READY = `.status.conditions.[] | select( .type == "Ready" ) | .status`;
const RUNNING: MatchExpression = { key: ".status.phase", operator: "In", values: ["Running"] };

const CONDITIONS = `
{{ $now := Now }}
{{ $since := or .metadata.creationTimestamp $now }}
conditions:
{{ range NodeConditions }}
- lastHeartbeatTime: {{ $now | Quote }}
  lastTransitionTime: {{ $since | Quote }}
  message: {{ .message | Quote }}
  reason: {{ .reason | Quote }}
  status: {{ .status | Quote }}
  type: {{ .type | Quote }}
{{ end }}
`;

const INITIALIZE = `${CONDITIONS}
addresses:
- type: Hostname
  address: {{ .metadata.name | Quote }}
- type: InternalIP
  address: {{ NodeIP | Quote }}
allocatable:
  cpu: 1k
  memory: 1Ti
  pods: 100k
capacity:
  cpu: 1k
  memory: 1Ti
  pods: 100k
nodeInfo:
  architecture: amd64
  bootID: ""
  containerRuntimeVersion: kwok-{{ Version }}
  kernelVersion: kwok-{{ Version }}
  kubeProxyVersion: kwok-{{ Version }}
  kubeletVersion: kwok-{{ Version }}
  machineID: ""
  operatingSystem: linux
  osImage: ""
  systemUUID: ""
phase: Running
`;

/** A node becomes ready at once and stays so; heartbeats are rare, so that hundreds of nodes cost an idle cluster nothing. */
export const NODE_STAGES: readonly Stage[] = [
  stage("node-initialize", NODE, [{ key: READY, operator: "NotIn", values: ["True"] }], {
    next: { statusTemplate: INITIALIZE },
  }),
  stage("node-heartbeat", NODE, [RUNNING, { key: READY, operator: "In", values: ["True"] }], {
    delay: { durationMilliseconds: 300_000, jitterDurationMilliseconds: 310_000 },
    next: { statusTemplate: CONDITIONS },
    immediateNextStage: true,
  }),
];
