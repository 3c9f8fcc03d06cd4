import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { pullRequestText, type PullRequestFacts } from "../../../domain/promotion/pull-request-text.ts";

const DIGEST = `sha256:${"a".repeat(64)}`;
const facts = (more: Partial<PullRequestFacts["release"]> = {}): PullRequestFacts => ({
  ...{ pipeline: "shop", stage: "prod", promotion: "prod-7c1f4a2b" },
  release: {
    ...{ release: "f".repeat(64), alias: "brave-otter" },
    content: {
      commits: [
        { subscription: "app", repoURL: "https://git.example/acme/app", commit: "c".repeat(40), tag: "v1.2.3" },
      ],
      images: [{ subscription: "web", repository: "ghcr.io/acme/web", tag: "1.2.3", digest: DIGEST }],
      charts: [{ subscription: "db", repoURL: "https://charts.example", name: "postgres", version: "15.1.0" }],
    },
    commits: [],
    ...more,
  },
});
const carried = (subject: string) => ({
  ...{ subscription: "app", commit: "d".repeat(40), subject, at: "2026-01-01T00:00:00Z", tickets: [] },
  author: { name: "Ada", email: "ada@example.com" },
});

describe("what a pull request says", () => {
  it("names release, stage and everything that moves", () => {
    const { title, body } = pullRequestText(undefined, facts());
    expect(title).toBe("Promote brave-otter to shop/prod");
    expect(body).toContain(`| image | \`ghcr.io/acme/web\` | \`1.2.3 ${DIGEST}\` |`);
    expect(body).toContain("| chart | `https://charts.example postgres` | `15.1.0` |");
    expect(body).toContain(`| git | \`https://git.example/acme/app\` | \`v1.2.3 ${"c".repeat(40)}\` |`);
    expect(body).toContain("promotion `prod-7c1f4a2b`");
    expect(body).not.toContain("Commits:");
  });

  it("says what it changes, and the commits between, as many as are read", () => {
    const counts = { applications: 1, created: 2, changed: 3, deleted: 4, unchanged: 5 };
    const commits = Array.from({ length: 70 }, (_, index) => carried(`change ${index}`));
    const { body } = pullRequestText(undefined, { ...facts({ commits, more: 5 }), counts });
    expect(body).toContain("It creates 2, changes 3 and deletes 4 objects in 1 application.");
    expect(body).toContain(`- \`${"d".repeat(12)}\` \`change 49\` (\`Ada\`)`);
    expect(body).not.toContain("change 50");
    expect(body).toContain("- and 25 more");
  });

  it("is the method's own with the names filled in, one line for the title", () => {
    const method = { title: "[{stage}]\n{alias} of {pipeline}", body: "{promotion} {release} {unknown} {alias}" };
    expect(pullRequestText(method, facts())).toEqual({
      title: "[prod] brave-otter of shop",
      body: `prod-7c1f4a2b ${"f".repeat(64)} {unknown} brave-otter`,
    });
  });

  it("fills in once: what a name brings along is not read again", () => {
    const method = { title: "{alias}", body: "{alias}" };
    expect(pullRequestText(method, facts({ alias: "{promotion}" })).body).toBe("{promotion}");
  });

  it("calls nobody and closes no issue by the words of a commit, whatever they are", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: "binary" }),
        fc.constantFrom("@ops fixes #1", "`@ops` fixes #1", "| x |\n@ops"),
        (text, bad) => {
          const { body } = pullRequestText(undefined, facts({ commits: [carried(`${text}${bad}${text}`)] }));
          const line = body.split("\n").find((each) => each.startsWith("- "))!;
          // Outside of code spans nothing of it is left.
          expect(line.replaceAll(/`[^`]*`/g, "")).toBe("-   ()");
        },
      ),
    );
  });
});
