import type { ResourceSelector } from "./operation.ts";

/** Selected objects as Argo CD writes them. No dependency, so that the CLI and domain code may import it. */

/**
 * `GROUP:KIND:NAME` or `GROUP:KIND:NAMESPACE/NAME`, with `!` in front for all but these; undefined when it is none. The core group is
 * empty, `*` matches any, and globs are allowed.
 */
export function parseResourceSelector(text: string): ResourceSelector | undefined {
  const excluded = text.startsWith("!");
  const [group, kind, object, ...more] = text.slice(excluded ? 1 : 0).split(":");
  if (group === undefined || !kind || !object || more.length > 0) return undefined;
  const [first, second, ...deeper] = object.split("/");
  const name = second ?? first;
  if (!name || deeper.length > 0) return undefined;
  return {
    ...(group !== "*" && { group }),
    ...(kind !== "*" && { kind }),
    ...(second !== undefined && first !== "*" && { namespace: first! }),
    ...(name !== "*" && { name }),
    ...(excluded && { exclude: true }),
  };
}

/** The selector as it is written. */
export function writeResourceSelector({ group, kind, namespace, name, exclude }: ResourceSelector): string {
  const object = `${namespace ? `${namespace}/` : ""}${name ?? "*"}`;
  return `${exclude ? "!" : ""}${group ?? "*"}:${kind ?? "*"}:${object}`;
}
