import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { stringify } from "yaml";
import { SupervisedProcess, type ProcessSpec } from "../supervised-process.ts";
import { ApiClient } from "./api-client.ts";
import type { ClusterCredentials } from "./credentials.ts";
import { NODE_STAGES } from "./stages/node-stages.ts";
import { POD_STAGES } from "./stages/pod-stages.ts";
import { SERVICE_STAGES } from "./stages/service-stages.ts";
import { VOLUME_STAGES } from "./stages/volume-stages.ts";

/** What the parts of one control plane have in common. */
export interface ControlPlane {
  name: string;
  dataDir: string;
  port: number;
  etcdUrl: string;
  credentials: ClusterCredentials;
  /** Whether kube-controller-manager runs, which makes the service accounts that pods must otherwise have. */
  controllers: boolean;
}

/** Requests per second that the simulation's own clients may send, so that they are never what is measured. */
const CLIENT_LIMITS = ["--kube-api-qps=500", "--kube-api-burst=1000"];

/** The API server of a cluster; ready when /readyz says so. */
export function apiServer(plane: ControlPlane, binary: string): SupervisedProcess {
  const { credentials, port } = plane;
  return new SupervisedProcess({
    name: "kube-apiserver",
    program: binary,
    dataDir: plane.dataDir,
    args: [
      `--etcd-servers=${plane.etcdUrl}`,
      `--etcd-prefix=/clusters/${plane.name}`,
      "--bind-address=127.0.0.1",
      `--secure-port=${port}`,
      "--advertise-address=127.0.0.1",
      // The endpoints of the `kubernetes` service may not be a loopback address, and nothing in here needs them.
      "--endpoint-reconciler-type=none",
      `--cert-dir=${credentials.certificateFolder}`,
      "--service-account-issuer=https://kubernetes.default.svc",
      `--service-account-key-file=${credentials.verifyingKeyFile}`,
      `--service-account-signing-key-file=${credentials.signingKeyFile}`,
      "--service-cluster-ip-range=10.96.0.0/16",
      "--authorization-mode=RBAC",
      "--allow-privileged=true",
      `--token-auth-file=${credentials.tokenFile}`,
      ...(plane.controllers ? [] : ["--disable-admission-plugins=ServiceAccount"]),
    ],
    ready: async (signal) => {
      const ca = await readFile(join(credentials.certificateFolder, "apiserver.crt"), "utf8");
      const api = new ApiClient({ server: `https://127.0.0.1:${port}`, token: credentials.token, ca });
      try {
        return (await api.request("/readyz", { signal })).status === 200;
      } finally {
        await api.close();
      }
    },
  });
}

/** The controllers, or the scheduler: a client of the API server that listens on no port of its own. */
export function controller(
  plane: Pick<ControlPlane, "dataDir" | "credentials">,
  name: "kube-controller-manager" | "kube-scheduler",
  binary: string,
): SupervisedProcess {
  const { certificateFolder, signingKeyFile } = plane.credentials;
  const own =
    name === "kube-scheduler"
      ? []
      : [
          `--root-ca-file=${join(certificateFolder, "apiserver.crt")}`,
          `--service-account-private-key-file=${signingKeyFile}`,
          // Three of the heartbeats of node-stages.ts: simulated nodes never fall silent by themselves.
          "--node-monitor-grace-period=900s",
        ];
  return new SupervisedProcess({
    ...client(plane.dataDir, name, binary),
    args: [
      `--kubeconfig=${controllerKubeconfig(plane.dataDir)}`,
      "--leader-elect=false",
      "--secure-port=0",
      ...CLIENT_LIMITS,
      ...own,
    ],
  });
}

/** Plays the kubelets: nodes and pods live by the stages. */
export async function kwok(plane: Pick<ControlPlane, "dataDir">, binary: string): Promise<SupervisedProcess> {
  const stages = [...NODE_STAGES, ...POD_STAGES, ...SERVICE_STAGES, ...VOLUME_STAGES];
  const configuration = join(plane.dataDir, "stages.yaml");
  await mkdir(plane.dataDir, { recursive: true, mode: 0o700 });
  await writeFile(configuration, stages.map((stage) => stringify(stage)).join("---\n"));
  return new SupervisedProcess({
    ...client(plane.dataDir, "kwok", binary),
    args: [
      `--kubeconfig=${controllerKubeconfig(plane.dataDir)}`,
      `--config=${configuration}`,
      "--manage-all-nodes=true",
      "--node-ip=192.0.2.10",
      "--cidr=10.0.0.1/16",
      // With leases a new kwok would wait up to 40 s for those of the one before it to run out.
      "--node-lease-duration-seconds=0",
    ],
  });
}

/** Where the kubeconfig of the controllers, the scheduler and kwok lies. */
export function controllerKubeconfig(dataDir: string): string {
  return join(dataDir, "controller.kubeconfig");
}

/** They are ready when the objects that they are to make are there, which the cluster waits for. */
function client(dataDir: string, name: string, binary: string): Omit<ProcessSpec, "args"> {
  return { name, program: binary, dataDir, ready: async () => true };
}
