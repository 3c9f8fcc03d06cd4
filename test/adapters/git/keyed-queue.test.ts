import { expect, it } from "vitest";
import { KeyedQueue } from "../../../adapters/git/keyed-queue.ts";

it("runs one job at a time, shares those that wait, and starts anew for who comes while one runs", async () => {
  const queue = new KeyedQueue();
  const gates: PromiseWithResolvers<void>[] = [];
  let most = 0;
  let running = 0;
  const job = async () => {
    const gate = Promise.withResolvers<void>();
    gates.push(gate);
    running += 1;
    most = Math.max(most, running);
    await gate.promise;
    running -= 1;
    return gates.length;
  };
  const first = queue.run("a", job);
  const second = queue.run("a", job);
  const shared = queue.run("a", job);
  const other = queue.run("b", job);
  expect(second).toBe(shared);
  for (let at = 0; at < 3; at += 1) {
    await expect.poll(() => gates.length).toBe(at + 1);
    gates[at]!.resolve();
  }
  expect(await Promise.all([first, second, shared, other])).toEqual([1, 2, 2, 3]);
  expect(most).toBe(1);
});

it("goes on after a failure", async () => {
  const queue = new KeyedQueue();
  await expect(queue.run("a", () => Promise.reject(new Error("no")))).rejects.toThrow("no");
  await expect(queue.run("a", async () => 1)).resolves.toBe(1);
});
