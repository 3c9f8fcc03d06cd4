import { CancellationScope, condition } from "@temporalio/workflow";
import type { Desk } from "./desk.ts";

/** Runs a step that is cancelled once the condition holds, and waits for its end in either case. */
export async function until<T>(enough: () => boolean, step: () => Promise<T>): Promise<T> {
  const work = new CancellationScope();
  const watch = new CancellationScope();
  const watching = watch.run(async () => {
    await condition(enough);
    work.cancel();
  });
  watching.catch(() => undefined);
  try {
    return await work.run(step);
  } finally {
    watch.cancel();
  }
}

/** Runs the rest of an operation; at its limit it is told to stop. Time in which it waits for a person does not count. */
export async function within<T>(
  desk: Desk,
  limit: { at: number; limitMs: number },
  rest: () => Promise<T>,
): Promise<T> {
  const clock = new CancellationScope();
  desk.limitAt = limit.at;
  const ticking = clock.run(async () => {
    for (let left = limit.at - Date.now(); ; left = await unpaused(desk, left)) {
      const at = Date.now() + left;
      await condition(() => desk.stop !== undefined || desk.paused, Math.max(left, 1));
      if (desk.stop !== undefined || !desk.paused) break;
      left = at - Date.now();
    }
    desk.stop ??= { why: "timedOut", limitMs: limit.limitMs };
  });
  ticking.catch(() => undefined);
  try {
    return await rest();
  } finally {
    clock.cancel();
  }
}

/** Milliseconds that are left once it goes on. */
async function unpaused(desk: Desk, left: number): Promise<number> {
  await condition(() => !desk.paused || desk.stop !== undefined);
  desk.limitAt = Date.now() + left;
  return left;
}
