import pino from "pino";
import { describe, expect, test } from "vitest";
import { patiently } from "../../../adapters/temporal/patience.ts";
import { SluiceError } from "../../../schemas/errors.ts";

const log = pino({ level: "silent" });

describe("patience with a server", () => {
  test("tries until it passes", async () => {
    let attempts = 0;
    const answer = await patiently("it", { log }, async () => {
      if (++attempts < 3) throw new Error("not yet");
      return "here";
    });
    expect([answer, attempts]).toEqual(["here", 3]);
  });
  test("ends with what to do", async () => {
    const trying = patiently("Temporal at x:1", { log, patienceMs: 50 }, () => Promise.reject(new Error("no")));
    await expect(trying).rejects.toMatchObject({
      code: "Unavailable",
      message: "Temporal at x:1 does not answer",
      next: expect.stringContaining("check"),
    });
  });
  test("gives up at once on what can't pass, and when told to", async () => {
    const missing = new SluiceError("NotFound", "no namespace");
    await expect(patiently("it", { log }, () => Promise.reject(missing))).rejects.toBe(missing);
    const signal = AbortSignal.abort();
    await expect(patiently("it", { log, signal }, () => Promise.reject(new Error("no")))).rejects.toMatchObject({
      code: "Unavailable",
    });
  });
});
