import type { Logger } from "pino";
import { SluiceError } from "../../schemas/errors.ts";
import { toFailure } from "./errors.ts";

/** Activities whose errors a history may keep: what only the log may have goes there. */
export function withFailures<Steps extends object>(steps: Steps, log: Logger): Steps {
  const wrapped = Object.entries(steps).map(([name, step]: [string, (input: unknown) => Promise<unknown>]) => [
    name,
    async (input: unknown) => {
      try {
        return await step(input);
      } catch (error) {
        const failure = toFailure(error);
        const more = error instanceof SluiceError ? { code: error.code } : { err: error };
        log.warn({ step: name, ...more }, `step ${name} failed: ${failure.message}`);
        throw failure;
      }
    },
  ]);
  return Object.fromEntries(wrapped) as Steps;
}
