import { isSecret } from "../../domain/sync/identity.ts";
import type { RawObject } from "../../schemas/artifact.ts";

const LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration";
const HIDDEN = "(hidden)";

/**
 * The last line of defence in front of an answer: in a Secret only keyed digests pass, whatever came before. The digest stands for a
 * value so that a change is still seen.
 */
export function hideSecrets(object: RawObject): RawObject {
  if (Array.isArray(object["items"])) {
    const item = object.kind === "SecretList" ? { apiVersion: "v1", kind: "Secret" } : {};
    const items = (object["items"] as RawObject[]).map((each) => hideSecrets({ ...item, ...each }));
    return { ...object, items };
  }
  if (!isSecret(object)) return object;
  const { annotations, ...metadata } = object.metadata ?? { name: "" };
  const kept = annotations && Object.fromEntries(Object.entries(annotations).filter(([key]) => key !== LAST_APPLIED));
  return {
    ...object,
    metadata: { ...metadata, ...(kept && { annotations: kept }) },
    ...("data" in object && { data: hideValues(object["data"]) }),
    ...("stringData" in object && { stringData: hideValues(object["stringData"]) }),
  };
}

function hideValues(values: unknown): unknown {
  if (typeof values !== "object" || values === null) return HIDDEN;
  const digestOnly = (value: unknown) =>
    typeof value === "string" && /^keyed:[\w+/=-]+$/.test(value) ? value : HIDDEN;
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, digestOnly(value)]));
}
