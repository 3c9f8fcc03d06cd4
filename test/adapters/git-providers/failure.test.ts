import { describe, expect, it, test } from "vitest";
import { answered, failed, limitedUntil, sayingOf } from "../../../adapters/git-providers/failure.ts";

const SAID = { name: "GitHub", base: "https://api.github.com", does: "open the pull request", secrets: ["t0ken"] };
const answer = (status: number, body?: unknown, headers: Record<string, string> = {}) => ({ status, body, headers });

describe("what a provider says of a failure", () => {
  test.each([
    [
      "GitHub",
      { message: "Validation Failed", errors: [{ message: "No commits between main and x" }] },
      "Validation Failed; No commits between main and x",
    ],
    [
      "GitHub, a code",
      { message: "Validation Failed", errors: [{ resource: "PullRequest", field: "head", code: "invalid" }] },
      "Validation Failed; head; invalid",
    ],
    [
      "GitLab, a list",
      { message: ["Another open merge request already exists"] },
      "Another open merge request already exists",
    ],
    ["GitLab, by field", { message: { base: ["is too long"] } }, "base is too long"],
    [
      "GitLab, OAuth",
      { error: "insufficient_scope", error_description: "The request requires higher privileges" },
      "insufficient_scope; The request requires higher privileges",
    ],
    ["Gitea", { message: "head out of date", url: "https://x/api/swagger" }, "head out of date"],
    [
      "Bitbucket Cloud",
      { type: "error", error: { message: "Bad request", detail: "There is no branch" } },
      "Bad request; There is no branch",
    ],
    [
      "Bitbucket Server",
      { errors: [{ context: null, message: "No such branch.", exceptionName: "x.Y" }] },
      "No such branch",
    ],
    [
      "Azure DevOps",
      { $id: "1", message: "TF401179: An active pull request exists.", typeKey: "X" },
      "TF401179: An active pull request exists",
    ],
    ["nothing", undefined, ""],
    ["a page", "<html>", ""],
  ])("%s", (_name, body, said) => {
    expect(sayingOf(body)).toBe(said);
  });

  it("stands in one line of the error, shortened, without tokens", () => {
    const body = { message: `no\r\n  t0ken and https://ada:t0ken@host/${"x".repeat(900)}` };
    const { message, code } = answered(SAID, answer(422, body));
    expect(code).toBe("InvalidInput");
    expect(message).toMatch(
      /^GitHub did not open the pull request: no {3}\*\*\* and https:\/\/\*\*\*@host\/x+ \(status 422\)\.$/,
    );
    expect(message.length).toBeLessThan(400);
  });

  test.each([
    [401, "SourceForbidden", false],
    [403, "SourceForbidden", false],
    [404, "NotFound", false],
    [409, "Conflict", false],
    [422, "InvalidInput", false],
    [301, "SourceRefused", false],
    [408, "SourceUnavailable", true],
    [429, "SourceUnavailable", true],
    [500, "SourceUnavailable", true],
    [503, "SourceUnavailable", true],
  ])("%d is %s, and says what to do", (status, code, retryable) => {
    const error = answered(SAID, answer(status, {}));
    expect(error).toMatchObject({ code, retryable, next: expect.stringMatching(/\w/) });
  });

  it("that was never answered says so, and whether the time was over", () => {
    const late = Object.assign(new Error("aborted"), { name: "TimeoutError" });
    expect(failed(SAID, late)).toMatchObject({ code: "Timeout" });
    const tls = Object.assign(new Error("x"), { code: "SELF_SIGNED_CERT_IN_CHAIN" });
    expect(failed(SAID, tls)).toMatchObject({ code: "SourceUnavailable", next: expect.stringContaining("caData") });
    expect(failed(SAID, new Error("with t0ken")).message).not.toContain("t0ken");
  });
});

describe("a provider's limit", () => {
  const now = Date.parse("2026-01-01T00:00:00Z");
  const in2min = String((now + 120_000) / 1_000);

  test.each([
    ["429 with seconds", answer(429, {}, { "retry-after": "30" }), 30_000],
    ["429 with a date", answer(429, {}, { "retry-after": "Thu, 01 Jan 2026 00:00:45 GMT" }), 45_000],
    ["429 of GitLab without", answer(429, {}, { "ratelimit-remaining": "0", "ratelimit-reset": in2min }), 120_000],
    ["429 with nothing", answer(429, {}), 60_000],
    ["403 of GitHub, primary", answer(403, {}, { "x-ratelimit-remaining": "0", "x-ratelimit-reset": in2min }), 120_000],
    ["403 of GitHub, secondary", answer(403, { message: "You have exceeded a secondary rate limit" }), 60_000],
    ["403 with a wait", answer(403, {}, { "retry-after": "5" }), 5_000],
    ["503 of Azure DevOps", answer(503, {}, { "retry-after": "7" }), 7_000],
    ["a year is an hour", answer(429, {}, { "retry-after": "31536000" }), 3_600_000],
  ])("%s", (_name, given, after) => {
    expect(limitedUntil(given, now)).toBe(now + after);
  });

  test.each([
    [
      "a success with the last of the budget",
      answer(200, {}, { "x-ratelimit-remaining": "0", "x-ratelimit-reset": in2min }),
    ],
    [
      "403 for want of a right",
      answer(403, { message: "Resource not accessible by integration" }, { "x-ratelimit-remaining": "4999" }),
    ],
    ["503 of a server that is down", answer(503, {})],
  ])("%s is none", (_name, given) => {
    expect(limitedUntil(given, now)).toBeUndefined();
  });
});
