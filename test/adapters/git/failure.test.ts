import { describe, expect, it } from "vitest";
import { gitError } from "../../../adapters/git/failure.ts";

const URL = "https://git.example.com/repo";
const error = (stderr: string, secrets: string[] = []) => gitError(URL, { stderr, timedOut: false }, secrets);

describe("gitError", () => {
  it.each([
    ["fatal: Authentication failed for 'https://x/'", "SourceForbidden"],
    ["fatal: could not read Username for 'https://x': terminal prompts disabled", "SourceForbidden"],
    ["git@host: Permission denied (publickey).\nfatal: Could not read from remote repository.", "SourceForbidden"],
    ["Host key verification failed.\nfatal: Could not read from remote repository.", "SourceForbidden"],
    ["fatal: unable to access 'https://x/': The requested URL returned error: 403", "SourceForbidden"],
    ["remote: Repository not found.\nfatal: repository 'https://x/' not found", "SourceForbidden"],
    ["fatal: unable to access 'x': The requested URL returned error: 404", "SourceForbidden"],
    ["fatal: couldn't find remote ref refs/heads/x", "RevisionNotFound"],
    ["fatal: remote error: upload-pack: not our ref 0000", "RevisionNotFound"],
    ["error: Server does not allow request for unadvertised object abc", "RevisionNotFound"],
    ["fatal: unable to access 'x': The requested URL returned error: 301", "SourceRefused"],
    ["fatal: transport 'file' not allowed", "SourceRefused"],
    ["fatal: unable to access 'x': SSL certificate problem: self-signed certificate", "SourceUnavailable"],
    ["fatal: unable to access 'x': Could not resolve host: x", "SourceUnavailable"],
    ["fatal: unable to access 'x': The requested URL returned error: 503", "SourceUnavailable"],
    ["", "SourceUnavailable"],
  ])("%j is %s", (stderr, code) => {
    expect(error(stderr)).toMatchObject({ code, message: expect.stringContaining(URL) });
  });

  it("is SourceUnavailable, to be tried again, for a time limit", () => {
    expect(gitError(URL, { stderr: "fatal: anything", timedOut: true }, [])).toMatchObject({
      code: "SourceUnavailable",
      retryable: true,
    });
  });

  it("shows one line of what was said, without secrets, addresses' users and control characters", () => {
    const said = "remote: hello\nfatal: it was canary-1 at https://user:canary-2@host/x\u001b[31m";
    const { message } = error(said, ["canary-1"]);
    expect(message).toBe(`${URL} could not be read: it was *** at https://***@host/x [31m`);
    expect(error(`fatal: ${"x".repeat(5_000)}`).message.length).toBeLessThan(400);
  });
});
