import { SluiceError } from "../../schemas/errors.ts";

/** One served kind, as discovery tells it. */
export interface Resource {
  group: string;
  version: string;
  /** `apps/v1`, or `v1` for the core group. */
  apiVersion: string;
  /** Plural name, as in `deployments`. */
  resource: string;
  kind: string;
  namespaced: boolean;
  verbs: string[];
}

/** Path of a resource's collection, or of one object of it; an empty namespace means all of them. */
export function resourcePath(resource: Resource, namespace: string, name?: string): string {
  const root = resource.group === "" ? "/api" : "/apis";
  if (name !== undefined && resource.namespaced && namespace === "") {
    throw new SluiceError("InvalidInput", `${resource.kind} ${name} is namespaced but has no namespace`);
  }
  const place = resource.namespaced && namespace !== "" ? `/namespaces/${segment(namespace)}` : "";
  const object = name === undefined ? "" : `/${segment(name)}`;
  return `${root}/${resource.apiVersion}${place}/${segment(resource.resource)}${object}`;
}

/** One path segment; `.` and `..` would climb out of it. */
function segment(text: string): string {
  if (text === "" || text === "." || text === "..") {
    throw new SluiceError("InvalidInput", `"${text}" is not the name of a Kubernetes object`);
  }
  return encodeURIComponent(text);
}

/** A path with its query; undefined and empty values are left out. */
export function withQuery(path: string, query: Record<string, string | number | boolean | undefined>): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== "") parameters.set(name, String(value));
  }
  const text = parameters.toString();
  return text ? `${path}?${text}` : path;
}
