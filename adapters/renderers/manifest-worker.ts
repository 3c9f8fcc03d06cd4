import { parentPort } from "node:worker_threads";
import { toSluiceError } from "../../schemas/errors.ts";
import { parseManifests, type ManifestLimits, type ManifestText } from "./manifests.ts";
import { originOf, type Origin } from "./origins.ts";

/** What the thread is asked, and what it answers. */
export interface ParseRequest {
  texts: ManifestText[];
  limits: ManifestLimits;
}
export type ParseAnswer =
  /** Each object with where it was read from, which does not go along with it into another thread. */
  | { objects: ReturnType<typeof parseManifests>; origins: (Origin | undefined)[] }
  | { error: { code: string; message: string; next: string | undefined; problems: readonly object[] } };

parentPort?.on("message", ({ texts, limits }: ParseRequest) => {
  let answer: ParseAnswer;
  try {
    const objects = parseManifests(texts, limits);
    answer = { objects, origins: objects.map(originOf) };
  } catch (thrown) {
    const { code, message, next, problems } = toSluiceError(thrown);
    answer = { error: { code, message, next, problems } };
  }
  parentPort?.postMessage(answer);
});
