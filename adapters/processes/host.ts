import { executeGit } from "../git/command.ts";
import { executeHere } from "../renderers/tool-process.ts";
import type { FromHost, Job, ToHost } from "./jobs.ts";

/**
 * The program of the process host: runs git and the renderers for a server. To start a process the kernel copies the page tables of the
 * one that asks; that is 9 ms of CPU in a server of 400 MiB, and 1 ms in this one. It ends with the server, and what it runs with it.
 */
const running = new Map<number, AbortController>();

process.on("message", (message: ToHost) => {
  const { id } = message;
  if ("abort" in message) {
    running.get(id)?.abort();
    return;
  }
  const aborter = new AbortController();
  running.set(id, aborter);
  void run(id, message.job, aborter.signal).then((answer) => {
    running.delete(id);
    if (process.connected) process.send?.(answer);
  });
});

// The server is gone, or needs nothing for a while.
process.on("disconnect", () => {
  for (const aborter of running.values()) aborter.abort();
  // A turn later, so that every group has had its signal.
  setTimeout(() => process.exit(0), 50);
});

async function run(id: number, job: Job, signal: AbortSignal): Promise<FromHost> {
  try {
    if (job.kind === "git") return { id, git: await executeGit(job.base, job.run, signal) };
    return { id, tool: await executeHere(job.launch, signal) };
  } catch (error) {
    return { id, unavailable: error instanceof Error ? error.message : String(error) };
  }
}
