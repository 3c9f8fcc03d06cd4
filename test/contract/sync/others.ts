import type { RawObject } from "../../../schemas/artifact.ts";
import { served, type Stage } from "./stage.ts";

/** A ConfigMap with some data, options in Argo CD's annotation, and other annotations. */
export const configMap = (
  name: string,
  more: { data?: Record<string, string>; options?: string; annotations?: Record<string, string> } = {},
): RawObject => {
  const { data = { a: "1" }, options, annotations = {} } = more;
  const all = { ...annotations, ...(options === undefined ? {} : { "argocd.argoproj.io/sync-options": options }) };
  return {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name, ...(Object.keys(all).length > 0 ? { annotations: all } : {}) },
    data,
  };
};

const pathOf = async (stage: Stage, { apiVersion, kind, metadata }: RawObject, namespace: string): Promise<string> => {
  const { resource } = await served(stage.client, apiVersion, kind);
  return `${apiVersion.includes("/") ? "/apis" : "/api"}/${apiVersion}/namespaces/${namespace}/${resource}/${metadata.name}`;
};

/** Somebody else's server-side apply. */
export async function applyAs(stage: Stage, manager: string, object: RawObject, namespace: string): Promise<RawObject> {
  const path = `${await pathOf(stage, object, namespace)}?fieldManager=${manager}&force=true`;
  const answer = await stage.servers.cluster.request<RawObject>(path, {
    method: "PATCH",
    contentType: "application/apply-patch+yaml",
    body: object,
  });
  if (answer.status >= 300) throw new Error(`${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
  return answer.body;
}

/** Creates as kubectl's client-side apply, or a tool built on it, does: a POST with the whole object in an annotation. */
export async function createAs(
  stage: Stage,
  manager: string,
  object: RawObject,
  namespace: string,
): Promise<RawObject> {
  const path = (await pathOf(stage, object, namespace)).replace(/\/[^/]+$/, `?fieldManager=${manager}`);
  const lastApplied = { "kubectl.kubernetes.io/last-applied-configuration": JSON.stringify(object) };
  const metadata = { ...object.metadata, annotations: { ...object.metadata.annotations, ...lastApplied } };
  const answer = await stage.servers.cluster.request<RawObject>(path, {
    method: "POST",
    body: { ...object, metadata },
  });
  if (answer.status >= 300) throw new Error(`${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
  return answer.body;
}

/** Names of the field managers of a live object, with what they wrote by. */
export const managersOf = (live: RawObject | undefined): string[] =>
  ((live?.metadata.managedFields ?? []) as { manager: string; operation: string }[])
    .map(({ manager, operation }) => `${manager} ${operation}`)
    .sort();
