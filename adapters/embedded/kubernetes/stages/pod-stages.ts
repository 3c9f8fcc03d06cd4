import { ALIVE, stage, where, type MatchExpression, type Stage } from "./stage.ts";

/** A pod with such a word in the name of an image fails in that way. */
export const FAILING_IMAGES = {
  imagePull: "imagepullbackoff",
  crash: "crashloopbackoff",
  /** Only for the pod of a Job: it ends with exit code 1. */
  exit: "exit1",
} as const;

/** Annotations of a pod that put off a step by a Go duration such as `3s`. */
export const DELAY_ANNOTATIONS = {
  ready: "pod-ready.stage.kwok.x-k8s.io/delay",
  complete: "pod-complete.stage.kwok.x-k8s.io/delay",
} as const;

const POD = { kind: "Pod" };
const phase = (value: string): MatchExpression => ({ key: ".status.phase", operator: "In", values: [value] });
const NOT_WAITING: MatchExpression = {
  key: ".status.containerStatuses.[].state.waiting.reason",
  operator: "DoesNotExist",
};
const OF_A_JOB: MatchExpression = { key: ".metadata.ownerReferences.[].kind", operator: "In", values: ["Job"] };
const imageHas = (words: string) => where(`self.spec.containers.exists(c, c.image.matches("${words}"))`);
const imageHasNone = (words: string) => where(`!self.spec.containers.exists(c, c.image.matches("${words}"))`);
const delayedBy = (annotation: string) => ({
  durationMilliseconds: 0,
  durationFrom: { expressionFrom: `.metadata.annotations["${annotation}"]` },
});

const conditions = (ready: "True" | "False") => `
{{ $now := Now }}
conditions:
- lastTransitionTime: {{ $now | Quote }}
  status: "True"
  type: PodScheduled
- lastTransitionTime: {{ $now | Quote }}
  status: "True"
  type: Initialized
{{ range $type := list "Ready" "ContainersReady" }}
- lastTransitionTime: {{ $now | Quote }}
  status: "${ready}"
  type: {{ $type }}
  ${ready === "True" ? "" : "reason: ContainersNotReady"}
{{ end }}
{{ range .spec.readinessGates }}
- lastTransitionTime: {{ $now | Quote }}
  status: "${ready}"
  type: {{ .conditionType | Quote }}
{{ end }}
startTime: {{ or .status.startTime $now | Quote }}
`;

const ADDRESSES = `
hostIP: {{ NodeIPWith .spec.nodeName | Quote }}
podIP: {{ PodIPWith .spec.nodeName ( or .spec.hostNetwork false ) ( or .metadata.uid "" ) ( or .metadata.name "" ) ( or .metadata.namespace "" ) | Quote }}
`;

const containers = (ready: boolean, restarts: number, state: string) => `
containerStatuses:
{{ range .spec.containers }}
- image: {{ .image | Quote }}
  imageID: ""
  name: {{ .name | Quote }}
  ready: ${ready}
  started: ${ready}
  restartCount: ${restarts}
${state}
{{ end }}
`;

const INIT_CONTAINERS = `
initContainerStatuses:
{{ range .spec.initContainers }}
- image: {{ .image | Quote }}
  imageID: ""
  name: {{ .name | Quote }}
  ready: true
  restartCount: 0
  {{ if eq .restartPolicy "Always" }}
  started: true
  state:
    running:
      startedAt: {{ $now | Quote }}
  {{ else }}
  state:
    terminated:
      exitCode: 0
      finishedAt: {{ $now | Quote }}
      reason: Completed
      startedAt: {{ $now | Quote }}
  {{ end }}
{{ end }}
`;

const RUNNING = `  state:
    running:
      startedAt: {{ $now | Quote }}`;

const terminated = (exitCode: number, reason: string, field = "state") => `  ${field}:
    terminated:
      exitCode: ${exitCode}
      finishedAt: {{ $now | Quote }}
      reason: ${reason}
      startedAt: {{ $now | Quote }}`;

const waiting = (reason: string, message: string) => `  state:
    waiting:
      reason: ${reason}
      message: "${message}"`;

const BACK_OFF = "back-off 5m0s restarting failed container";

/** A scheduled pod runs, completes (of a Job), fails as its image says, and is gone as soon as it is deleted. */
export const POD_STAGES: readonly Stage[] = [
  stage(
    "pod-ready",
    POD,
    [ALIVE, phase("Pending"), NOT_WAITING, imageHasNone(`${FAILING_IMAGES.imagePull}|${FAILING_IMAGES.crash}`)],
    {
      delay: delayedBy(DELAY_ANNOTATIONS.ready),
      next: {
        statusTemplate: `${conditions("True")}${containers(true, 0, RUNNING)}${INIT_CONTAINERS}${ADDRESSES}phase: Running\n`,
      },
    },
  ),
  stage("pod-image-pull-fails", POD, [ALIVE, phase("Pending"), NOT_WAITING, imageHas(FAILING_IMAGES.imagePull)], {
    next: {
      event: { type: "Warning", reason: "Failed", message: "Failed to pull image: not found" },
      statusTemplate: `${conditions("False")}${containers(
        false,
        0,
        waiting("ImagePullBackOff", "Back-off pulling image: not found"),
      )}phase: Pending\n`,
    },
  }),
  stage("pod-crashes", POD, [ALIVE, phase("Pending"), NOT_WAITING, imageHas(FAILING_IMAGES.crash)], {
    next: {
      event: { type: "Warning", reason: "BackOff", message: "Back-off restarting failed container" },
      statusTemplate: `${conditions("False")}${containers(
        false,
        5,
        `${waiting("CrashLoopBackOff", BACK_OFF)}\n${terminated(1, "Error", "lastState")}`,
      )}${ADDRESSES}phase: Running\n`,
    },
  }),
  stage("pod-complete", POD, [ALIVE, phase("Running"), OF_A_JOB, NOT_WAITING, imageHasNone(FAILING_IMAGES.exit)], {
    delay: delayedBy(DELAY_ANNOTATIONS.complete),
    next: {
      statusTemplate: `${conditions("False")}${containers(false, 0, terminated(0, "Completed"))}phase: Succeeded\n`,
    },
  }),
  stage("pod-exits-with-1", POD, [ALIVE, phase("Running"), OF_A_JOB, imageHas(FAILING_IMAGES.exit)], {
    delay: delayedBy(DELAY_ANNOTATIONS.complete),
    next: {
      statusTemplate: `${conditions("False")}${containers(false, 0, terminated(1, "Error"))}phase: Failed\n`,
    },
  }),
  stage("pod-delete", POD, [{ key: ".metadata.deletionTimestamp", operator: "Exists" }], { next: { delete: true } }),
];
