import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { addressOf } from "../../../domain/routing/address.ts";
import { normalise } from "../../../domain/webhook/normalise.ts";
import { parsePromotionBranch, promotionBranch } from "../../../schemas/ids.ts";
import type { GitProvider as Provider } from "../../../schemas/providers.ts";
import { PUSHES } from "./payloads.ts";
import { MERGED } from "./pull-request-payloads.ts";

const BRANCH = "sluice/shop/prod/prod-7c1f4a2b";
const samples = Object.entries(MERGED) as [Provider, NonNullable<(typeof MERGED)[Provider]>][];

/** The payload with another source branch. */
const from = (branch: string, body: unknown): unknown =>
  JSON.parse(JSON.stringify(body).replaceAll(BRANCH, branch)) as unknown;

describe.each(samples)("a merged pull request of %s", (provider, { headers, body, number, sender }) => {
  test("names repository, number, branch, delivery and sender", () => {
    const event = normalise(provider, { headers, body });
    if (event.type !== "pullRequest") throw new Error(JSON.stringify(event));
    expect(event).toMatchObject({ number, branch: BRANCH, sender });
    expect(event.repoURLs.map(addressOf)).toContain(addressOf(PUSHES[provider].url));
    expect(event.delivery).toMatch(/\w/);
  });

  test.each(["feature/x", "main", "sluice/shop/prod", "sluice/shop/prod/a/b/c", "sluice/Shop!/prod/prod-1"])(
    "of the branch %s is nobody's business here",
    (branch) => {
      expect(normalise(provider, { headers, body: from(branch, body) })).toMatchObject({ type: "ignored" });
    },
  );

  test("is never a crash, and never of another branch, whatever of it is missing or of another type", () => {
    const junk = fc.oneof(fc.jsonValue(), fc.constant(undefined));
    const mutated = fc
      .tuple(fc.constantFrom(...Object.keys(body)), junk)
      .map(([key, value]) => ({ ...body, [key]: value }));
    fc.assert(
      fc.property(fc.oneof(mutated, fc.jsonValue()), (broken) => {
        const event = normalise(provider, { headers, body: broken });
        if (event.type !== "pullRequest") return;
        expect(event.branch).toBe(BRANCH);
        expect(event.number).toBeGreaterThan(0);
        expect(event.repoURLs.length).toBeGreaterThan(0);
      }),
      { numRuns: 200 },
    );
  });
});

test("a number that is none, and an address that is missing, are malformed with their place", () => {
  const { headers, body } = MERGED.github!;
  const pull = body["pull_request"] as object;
  const wrong = normalise("github", { headers, body: { ...body, pull_request: { ...pull, number: "42" } } });
  expect(wrong).toMatchObject({ type: "malformed", path: "pull_request.number" });
  const nowhere = normalise("github", { headers, body: { ...body, repository: {} } });
  expect(nowhere).toMatchObject({ type: "malformed", path: "repository.clone_url" });
});

test("a review of GitHub, and one of Gitea, tell of the pull request too", () => {
  const github = MERGED.github!;
  const reviewed = { ...github.headers, "x-github-event": "pull_request_review" };
  expect(normalise("github", { headers: reviewed, body: github.body })).toMatchObject({ type: "pullRequest" });
  const gitea = MERGED.gitea!;
  const approved = { ...gitea.headers, "x-gitea-event": "pull_request_approved" };
  expect(normalise("gitea", { headers: approved, body: gitea.body })).toMatchObject({ type: "pullRequest" });
});

describe("the branch of a promotion", () => {
  test("is read as it was made", () => {
    const label = fc.stringMatching(/^[a-z0-9]([-a-z0-9]{0,20}[a-z0-9])?$/);
    const id = fc.stringMatching(/^[a-z0-9][a-z0-9-]{2,40}$/);
    fc.assert(
      fc.property(label, label, id, (pipeline, stage, promotion) => {
        expect(parsePromotionBranch(promotionBranch(pipeline, stage, promotion))).toEqual({
          pipeline,
          stage,
          promotion,
        });
      }),
    );
  });

  test("is nothing else", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const found = parsePromotionBranch(text);
        if (found) expect(promotionBranch(found.pipeline, found.stage, found.promotion)).toBe(text);
      }),
    );
  });
});
