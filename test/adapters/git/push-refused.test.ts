import { describe, expect, it } from "vitest";
import { createMirrorWriter, type MirrorGit } from "../../../adapters/git/mirror-writer.ts";

/** A git whose push ends with these words. */
const pushing = (stderr: string) => {
  const git: MirrorGit = {
    ...{ url: "https://git.example/shop", address: "https://git.example/shop.git", scratch: "/nonexistent" },
    run: async (_, __, { onFailure } = {}) => {
      throw onFailure?.({ stderr, timedOut: false, exitCode: 1 }) ?? new Error("no known refusal");
    },
  };
  return createMirrorWriter(git).push("1".repeat(40), "main", "2".repeat(40));
};

describe("a push that is refused", () => {
  it.each([
    " ! [rejected]        1111 -> main (stale info)",
    " ! [rejected]        1111 -> main (fetch first)",
    " ! [remote rejected] 1111 -> main (cannot lock ref 'refs/heads/main': is at 3333 but expected 2222)",
    " ! [remote rejected] 1111 -> main (failed to update ref)",
    " ! [remote rejected] 1111 -> main (incorrect old value provided)",
    " ! [remote rejected] 1111 -> main (reference already exists)",
  ])("because the branch moved is tried again: %s", async (stderr) => {
    await expect(pushing(stderr)).rejects.toMatchObject({ code: "Conflict" });
  });

  it.each([
    [" ! [remote rejected] 1111 -> main (pre-receive hook declined)", "pre-receive hook declined"],
    ["remote: error: GH006: Protected branch update failed for refs/heads/main.", "does not take a push"],
    ["remote: HTTP Basic: Access denied", "refused the credentials"],
  ])("for good is not: %s", async (stderr, message) => {
    await expect(pushing(stderr)).rejects.toMatchObject({
      code: "SourceForbidden",
      message: expect.stringContaining(message),
    });
  });
});
