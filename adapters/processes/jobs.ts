import type { GitEnded, GitRun } from "../git/command.ts";
import type { GitBase } from "../git/environment.ts";
import type { Ended, Launch } from "../renderers/tool-process.ts";

/** What the process host is asked to run. */
export type Job = { kind: "tool"; launch: Launch } | { kind: "git"; base: GitBase; run: GitRun };

/** What this process sends: a job, or that nobody waits for it any more. */
export type ToHost = { id: number; job: Job } | { id: number; abort: true };

/** What the host answers: how the job ended, or that it could not be started. */
export type FromHost =
  | { id: number; tool: Ended }
  | { id: number; git: GitEnded }
  | { id: number; unavailable: string };
