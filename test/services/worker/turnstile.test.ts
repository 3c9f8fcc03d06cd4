import { describe, expect, onTestFinished, test, vi } from "vitest";
import { createTurnstile } from "../../../services/worker/turnstile.ts";

const tick = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

/** Calls that go on until the test lets them. */
function calls(turnstile: ReturnType<typeof createTurnstile>) {
  const began: string[] = [];
  const ends = new Map<string, () => void>();
  const call = (name: string): Promise<string> =>
    turnstile(() => {
      began.push(name);
      return new Promise((resolve) => ends.set(name, () => resolve(name)));
    });
  return { began, call, end: (name: string) => ends.get(name)?.() };
}

describe("the turnstile", () => {
  test("lets so many in and no more, in the order they came", async () => {
    const { began, call, end } = calls(createTurnstile({ width: 2, slowMs: 60_000 }));
    const all = ["a", "b", "c", "d"].map(call);
    await tick();
    expect(began).toEqual(["a", "b"]);
    end("b");
    await tick();
    expect(began).toEqual(["a", "b", "c"]);
    ["a", "c"].forEach(end);
    await tick();
    end("d");
    expect(await Promise.all(all)).toEqual(["a", "b", "c", "d"]);
  });
  test("a slow call gives up its place, once", async () => {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    const { began, call, end } = calls(createTurnstile({ width: 1, slowMs: 1_000 }));
    const all = ["slow", "second", "third"].map(call);
    await vi.advanceTimersByTimeAsync(999);
    expect(began).toEqual(["slow"]);
    await vi.advanceTimersByTimeAsync(1);
    expect(began).toEqual(["slow", "second"]);
    end("slow");
    await all[0];
    await vi.advanceTimersByTimeAsync(500);
    expect(began).toEqual(["slow", "second"]);
    end("second");
    await vi.advanceTimersByTimeAsync(0);
    expect(began).toEqual(["slow", "second", "third"]);
    end("third");
    await Promise.all(all);
  });
  test("a call that throws gives its place back and its error on", async () => {
    const turnstile = createTurnstile({ width: 1, slowMs: 60_000 });
    await expect(turnstile(() => Promise.reject(new Error("no")))).rejects.toThrow("no");
    expect(await turnstile(async () => "next")).toBe("next");
  });
});
