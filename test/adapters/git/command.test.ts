import { expect, test } from "vitest";
import { runGit, type GitRun } from "../../../adapters/git/command.ts";

test("what is handed to another process is data, whatever else the caller's object carries", async () => {
  let handed: GitRun | undefined;
  const access = { protocol: "https", secrets: ["s3cret"], release: () => undefined };
  const command = { dir: "/mirror", args: ["fetch"], url: "https://git.example/a.git", timeoutMs: 1_000, ...access };
  const printed = await runGit({ home: "/home", searchPath: "/bin" }, command, async (_base, run) => {
    handed = structuredClone(run);
    return { stdout: "done" };
  });
  expect(printed).toBe("done");
  expect(handed).toEqual({ dir: "/mirror", args: ["fetch"], timeoutMs: 1_000, protocol: "https" });
});
