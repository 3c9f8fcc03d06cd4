import type { KustomizeSource } from "../../schemas/kinds/source.ts";

type Json = Record<string, unknown>;
const isRecord = (value: unknown): value is Json =>
  value !== null && typeof value === "object" && !Array.isArray(value);
const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);

/** Whether there is anything to lay over a kustomization. */
export const hasOverrides = (options: KustomizeSource | undefined): boolean =>
  options !== undefined && Object.values(options).some((value) => value !== undefined && value !== false);

/**
 * A parsed kustomization with a source's overrides laid over it, as Argo CD does with `kustomize edit`: prefix, suffix and namespace
 * replace, images and replicas replace by name, labels and annotations merge, components and patches are added.
 */
export function withOverrides(content: unknown, options: KustomizeSource | undefined): unknown {
  if (!hasOverrides(options) || options === undefined) return content;
  const result: Json = isRecord(content) ? { ...content } : {};
  for (const field of ["namePrefix", "nameSuffix", "namespace"] as const) {
    if (options[field] !== undefined) result[field] = options[field];
  }
  if (options.images) result["images"] = byName(result["images"], options.images.map(imageOf));
  if (options.replicas) {
    const replicas = options.replicas.map(({ name, count }) => ({ name, count: Number(count) }));
    result["replicas"] = byName(result["replicas"], replicas);
  }
  if (options.commonLabels) addLabels(result, options.commonLabels, options.labelWithoutSelector === true);
  if (options.commonAnnotations) {
    const own = isRecord(result["commonAnnotations"]) ? result["commonAnnotations"] : {};
    result["commonAnnotations"] = { ...own, ...options.commonAnnotations };
  }
  if (options.components) result["components"] = [...listOf(result["components"]), ...options.components];
  if (options.patches) result["patches"] = [...listOf(result["patches"]), ...options.patches];
  return result;
}

function addLabels(result: Json, labels: Record<string, string>, withoutSelector: boolean): void {
  if (withoutSelector) {
    result["labels"] = [...listOf(result["labels"]), { pairs: labels, includeSelectors: false }];
    return;
  }
  const own = isRecord(result["commonLabels"]) ? result["commonLabels"] : {};
  result["commonLabels"] = { ...own, ...labels };
}

function byName(own: unknown, overrides: readonly { name: string }[]): unknown[] {
  const names = new Set(overrides.map(({ name }) => name));
  return [...listOf(own).filter((item) => !isRecord(item) || !names.has(String(item["name"]))), ...overrides];
}

/** `name=newName:tag`, `name:tag`, `name@digest` or `name=newName`, as `kustomize edit set image` reads them. */
export function imageOf(text: string): { name: string; newName?: string; newTag?: string; digest?: string } {
  const equals = text.indexOf("=");
  const target = equals < 0 ? text : text.slice(equals + 1);
  const { image, tag, digest } = split(target);
  const name = equals < 0 ? image : text.slice(0, equals);
  return {
    name,
    ...(image === name || image === "*" ? {} : { newName: image }),
    ...(tag === undefined || tag === "*" ? {} : { newTag: tag }),
    ...(digest === undefined ? {} : { digest }),
  };
}

function split(text: string): { image: string; tag?: string; digest?: string } {
  const at = text.indexOf("@");
  const head = at < 0 ? text : text.slice(0, at);
  const colon = head.lastIndexOf(":");
  const tagged = colon > head.lastIndexOf("/");
  return {
    image: tagged ? head.slice(0, colon) : head,
    ...(tagged ? { tag: head.slice(colon + 1) } : {}),
    ...(at < 0 ? {} : { digest: text.slice(at + 1) }),
  };
}
