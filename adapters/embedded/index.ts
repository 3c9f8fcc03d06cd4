export type { AnyObject, ApiAnswer, ApiRequest } from "./kubernetes/api-client.ts";
export type { GitPush } from "./git/push.ts";
export { GitFixture } from "./git-repository.ts";
export { startGitServer, type EmbeddedGitServer, type GitServerOptions } from "./git-server.ts";
export {
  startKubeCluster,
  type ClusterProcess,
  type KubeCluster,
  type KubeClusterOptions,
} from "./kubernetes/cluster.ts";
export { startEtcd, type EmbeddedEtcd } from "./kubernetes/etcd.ts";
export { DELAY_ANNOTATIONS, FAILING_IMAGES } from "./kubernetes/stages/pod-stages.ts";
export { startNats, type EmbeddedNats, type NatsOptions } from "./nats.ts";
export { startRegistry, type EmbeddedRegistry, type RegistryOptions } from "./registry.ts";
export { SupervisedProcess, type ProcessExit, type ProcessSpec, type ProcessState } from "./supervised-process.ts";
export { startTemporal, type EmbeddedTemporal, type TemporalOptions } from "./temporal.ts";
