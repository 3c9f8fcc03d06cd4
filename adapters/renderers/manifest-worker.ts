import { parentPort } from "node:worker_threads";
import { toSluiceError } from "../../schemas/errors.ts";
import { parseManifests, type ManifestLimits, type ManifestText } from "./manifests.ts";

/** What the thread is asked, and what it answers. */
export interface ParseRequest {
  texts: ManifestText[];
  limits: ManifestLimits;
}
export type ParseAnswer =
  | { objects: ReturnType<typeof parseManifests> }
  | { error: { code: string; message: string; next: string | undefined; problems: readonly object[] } };

parentPort?.on("message", ({ texts, limits }: ParseRequest) => {
  let answer: ParseAnswer;
  try {
    answer = { objects: parseManifests(texts, limits) };
  } catch (thrown) {
    const { code, message, next, problems } = toSluiceError(thrown);
    answer = { error: { code, message, next, problems } };
  }
  parentPort?.postMessage(answer);
});
