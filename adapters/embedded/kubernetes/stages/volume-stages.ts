import { ALIVE, stage, where, type Stage } from "./stage.ts";

/** The default storage class of a simulated cluster. */
export const STORAGE_CLASS = {
  apiVersion: "storage.k8s.io/v1",
  kind: "StorageClass",
  metadata: { name: "simulated", annotations: { "storageclass.kubernetes.io/is-default-class": "true" } },
  provisioner: "kwok.x-k8s.io/volume",
  reclaimPolicy: "Delete",
  volumeBindingMode: "Immediate",
} as const;

const CLAIM = { kind: "PersistentVolumeClaim" };
const VOLUME = { kind: "PersistentVolume" };
const OURS = where(`self.spec.storageClassName == "${STORAGE_CLASS.metadata.name}"`);

const NEW_VOLUME = `
apiVersion: v1
kind: PersistentVolume
metadata:
  name: pvc-{{ .metadata.uid }}
  annotations:
    pv.kubernetes.io/provisioned-by: kwok.x-k8s.io/volume
spec:
  accessModes:
  {{ YAML .spec.accessModes 2 }}
  capacity:
  {{ YAML .spec.resources.requests 2 }}
  persistentVolumeReclaimPolicy: Delete
  storageClassName: {{ .spec.storageClassName | Quote }}
  volumeMode: {{ default "Filesystem" .spec.volumeMode | Quote }}
  claimRef:
    apiVersion: v1
    kind: PersistentVolumeClaim
    name: {{ .metadata.name | Quote }}
    namespace: {{ .metadata.namespace | Quote }}
    resourceVersion: {{ .metadata.resourceVersion | Quote }}
    uid: {{ .metadata.uid | Quote }}
  hostPath:
    path: /simulated/pvc-{{ .metadata.uid }}
    type: DirectoryOrCreate
`;

const BOUND_ANNOTATIONS = `
annotations:
  pv.kubernetes.io/bind-completed: "yes"
  pv.kubernetes.io/bound-by-controller: "yes"
  volume.kubernetes.io/storage-provisioner: kwok.x-k8s.io/volume
`;

const BOUND_STATUS = `
phase: Bound
accessModes:
{{ YAML .spec.accessModes 1 }}
capacity:
{{ YAML .spec.resources.requests 1 }}
`;

/** A claim of the default class gets a volume and is bound to it; the volume goes when the claim has gone. */
export const VOLUME_STAGES: readonly Stage[] = [
  stage("claim-provision", CLAIM, [OURS, ALIVE, where("!has(self.spec.volumeName)")], {
    steps: [
      { apply: { template: NEW_VOLUME } },
      { patch: { root: "metadata", template: BOUND_ANNOTATIONS } },
      { patch: { root: "spec", template: "volumeName: pvc-{{ .metadata.uid }}" } },
      { patch: { root: "status", subresource: "status", template: BOUND_STATUS } },
    ],
  }),
  stage(
    "volume-bind",
    VOLUME,
    [
      OURS,
      ALIVE,
      where("has(self.spec.claimRef.name)"),
      where(`!(self.status.phase in ["Bound", "Released", "Failed"])`),
    ],
    { steps: [{ patch: { root: "status", subresource: "status", template: "phase: Bound" } }] },
  ),
  stage("volume-delete", VOLUME, [OURS, ALIVE, where(`self.status.phase == "Released"`)], {
    steps: [{ delete: true }],
  }),
];
