/** The name of the n-th application, its folder and its objects. */
export const nameOf = (index: number): string => `app-${String(index).padStart(5, "0")}`;

export const NAMESPACE = "bench";

/** A bit over 2 KB, as one application's settings in the peers' published benchmarks. */
const FILLER = "0123456789abcdef".repeat(128);

/** Files of one application: a Deployment without replicas and a ConfigMap of 2 KB, put together by Kustomize. */
export function filesOf(index: number, version: string): Record<string, string> {
  const name = nameOf(index);
  const folder = `apps/${name}`;
  return {
    [`${folder}/kustomization.yaml`]:
      "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources:\n  - deployment.yaml\n  - configmap.yaml\n",
    [`${folder}/deployment.yaml`]: `apiVersion: apps/v1
kind: Deployment
metadata:
  name: ${name}
spec:
  replicas: 0
  selector:
    matchLabels:
      app: ${name}
  template:
    metadata:
      labels:
        app: ${name}
    spec:
      containers:
        - name: main
          image: registry.example/${name}:1
`,
    ...changeOf(index, version),
  };
}

/** The one file that a commit to an application changes. */
export const changeOf = (index: number, version: string): Record<string, string> => ({
  [`apps/${nameOf(index)}/configmap.yaml`]: `apiVersion: v1
kind: ConfigMap
metadata:
  name: ${nameOf(index)}
data:
  version: "${version}"
  settings: ${FILLER}
`,
});

/** The Application object of one application. */
export const applicationObject = (index: number, repoURL: string, selfHeal: boolean): object => ({
  apiVersion: "sluice.dev/v1",
  kind: "Application",
  metadata: { name: nameOf(index) },
  spec: {
    project: "bench",
    source: { repoURL, path: `apps/${nameOf(index)}`, targetRevision: "main" },
    destination: { name: "bench", namespace: NAMESPACE },
    syncPolicy: { automated: { prune: true, selfHeal } },
  },
});
