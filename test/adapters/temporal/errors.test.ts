import { describe, expect, test } from "vitest";
import { fromFailure, toFailure } from "../../../adapters/temporal/errors.ts";
import { ERRORS, type ErrorCode, SluiceError } from "../../../schemas/errors.ts";

const CODES = Object.keys(ERRORS) as ErrorCode[];

describe("errors across Temporal", () => {
  test.each(CODES)("%s keeps its code, sentence and next step, and is retried as the table says", (code) => {
    const failure = toFailure(new SluiceError(code, "what went wrong", { next: "what to do" }));
    expect(failure).toMatchObject({ type: code, message: "what went wrong", nonRetryable: !ERRORS[code].retryable });
    expect(fromFailure(failure)).toMatchObject({ code, message: "what went wrong", next: "what to do" });
  });
  test("no stack, no cause, no text of an unexpected error", () => {
    const secret = new Error("https://user:hunter2@git.example");
    for (const thrown of [secret, new SluiceError("Unavailable", "away", { cause: secret }), "hunter2", undefined]) {
      const failure = toFailure(thrown);
      expect(failure.stack).toBe("");
      expect(failure.cause).toBeUndefined();
      expect(JSON.stringify([failure.message, failure.details])).not.toContain("hunter2");
    }
    expect(toFailure(secret)).toMatchObject({ type: "Internal", nonRetryable: true });
  });
  test("a failure of another type is Internal", () => {
    const failure = toFailure(new SluiceError("NotFound", "gone"));
    (failure as { type?: string }).type = "SomeoneElses";
    expect(fromFailure(failure)).toMatchObject({ code: "Internal", message: "gone" });
  });
});
