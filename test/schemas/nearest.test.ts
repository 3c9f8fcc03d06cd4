import { describe, expect, it } from "vitest";
import { nearest } from "../../schemas/api/nearest.ts";
import { writePath } from "../../schemas/api/issues.ts";
import { errorOfProblem, problemDetails } from "../../schemas/api/problem.ts";
import { ERRORS, type ErrorCode, SluiceError } from "../../schemas/errors.ts";

describe("nearest", () => {
  it("finds what was meant, and nothing where nothing is near", () => {
    const known = ["repoURL", "path", "targetRevision", "helm"];
    expect(["repoUrl", "pth", "targetRevison", "targetRevisino", "hlem"].map((word) => nearest(word, known))).toEqual([
      "repoURL",
      "path",
      "targetRevision",
      "targetRevision",
      "helm",
    ]);
    expect([
      nearest("kustomize", known),
      nearest("x", known),
      nearest("y".repeat(10_000), known),
      nearest("a", []),
    ]).toEqual([undefined, undefined, undefined, undefined]);
  });
});

it("paths are written as people read them", () => {
  expect(writePath(["spec", "a", 0, "b", "x.y/z"])).toBe('spec.a[0].b["x.y/z"]');
});

describe("problem details", () => {
  it("go through the wire and come back the same, for every code", () => {
    for (const code of Object.keys(ERRORS) as ErrorCode[]) {
      const error = new SluiceError(code, "what", { next: "do", problems: [{ path: "a", message: "b" }] });
      const back = errorOfProblem(JSON.parse(JSON.stringify(problemDetails(error))));
      expect(back?.code).toBe(code);
      if (code !== "Internal")
        expect(back).toMatchObject({ message: "what", next: "do", problems: [{ path: "a", message: "b" }] });
      else expect(back?.message).not.toContain("what");
    }
    expect(errorOfProblem({ code: "Nothing" })).toBeUndefined();
  });
});
