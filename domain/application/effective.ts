import type { ApplicationSpec } from "../../schemas/kinds/application.ts";
import type { Source } from "../../schemas/kinds/source.ts";
import type { Pin } from "../../schemas/promotion.ts";

type Overrides = Pick<Pin, "targetRevision" | "images" | "parameters">;

/** What an application is rendered from: its source as it is written, with what a promotion pinned laid over it. */
export function effectiveSource(source: Source, pin: Overrides | undefined): Source {
  if (!pin) return source;
  const { targetRevision = source.targetRevision, images = [], parameters = [] } = pin;
  const kustomize = images.length > 0 && {
    kustomize: { ...source.kustomize, images: laidOver(source.kustomize?.images ?? [], images, imageName) },
  };
  const helm = parameters.length > 0 && {
    helm: { ...source.helm, parameters: laidOver(source.helm?.parameters ?? [], parameters, ({ name }) => name) },
  };
  return { ...source, targetRevision, ...kustomize, ...helm };
}

/** An application's spec with its effective source. */
export const effectiveSpec = (spec: ApplicationSpec, pin: Overrides | undefined): ApplicationSpec =>
  pin ? { ...spec, source: effectiveSource(spec.source, pin) } : spec;

/** Those of the application that nothing takes the place of, then those that were pinned. */
function laidOver<Item>(own: readonly Item[], over: readonly Item[], nameOf: (item: Item) => string): Item[] {
  const names = new Set(over.map(nameOf));
  return [...own.filter((item) => !names.has(nameOf(item))), ...over];
}

/** The image that an override is for, as `kustomize edit set image` reads it: `name=…`, or what stands before tag and digest. */
export function imageName(override: string): string {
  const equals = override.indexOf("=");
  if (equals >= 0) return override.slice(0, equals);
  const [head = ""] = override.split("@", 1);
  const colon = head.lastIndexOf(":");
  return colon > head.lastIndexOf("/") ? head.slice(0, colon) : head;
}
