import { Context } from "@temporalio/activity";

/** With the server's throttle of a second; a dead worker is noticed after the heartbeat timeout, five of these. */
const EVERY_MS = 3_000;

/** Activities that say they are alive for as long as they run, so that what a killed worker had is soon given to another. */
export function withHeartbeats<Steps extends object>(steps: Steps): Steps {
  const wrapped = Object.entries(steps).map(([name, step]: [string, (input: unknown) => Promise<unknown>]) => [
    name,
    async (input: unknown) => {
      const context = Context.current();
      // A local one is over with its workflow task, and nobody listens to it.
      if (context.info.isLocal) return step(input);
      const beating = setInterval(() => context.heartbeat(), EVERY_MS);
      try {
        return await step(input);
      } finally {
        clearInterval(beating);
      }
    },
  ]);
  return Object.fromEntries(wrapped) as Steps;
}
