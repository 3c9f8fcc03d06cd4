import { Worker } from "node:worker_threads";
import { SluiceError } from "../../schemas/errors.ts";
import { programFile } from "../../adapters/processes/program-file.ts";
import type { ConfigurationAnswer, ConfigurationQuestion } from "./configuration-worker.ts";
import { documentAt } from "./places.ts";
import { readConfiguration } from "./read-configuration.ts";

type Configuration = ReturnType<typeof readConfiguration>;

/** Reading takes about a second for a megabyte; below this a thread's start costs more than it spares. */
const THREAD_FROM_CHARACTERS = 128 * 1024;
/** The largest body, 8 MiB, takes a sixth of it. */
const TIMEOUT_MS = 60_000;
const HEAP_MIB = 1_024;

let turn: Promise<unknown> = Promise.resolve();

/** As `readConfiguration`, what is large in a thread of its own, one at a time, so that everybody else is answered meanwhile. */
export async function readAside(files: ConfigurationQuestion["files"]): Promise<Configuration> {
  const size = files.reduce((sum, { text }) => sum + text.length, 0);
  if (size < THREAD_FROM_CHARACTERS) return readConfiguration(files);
  const mine = turn.then(() => inThread({ files }));
  turn = mine.catch(() => undefined);
  const { objects, problems, referencesOpen } = await mine;
  return {
    objects: objects.map(({ object, file, value, places }) => ({ object, document: documentAt(file, value, places) })),
    problems,
    referencesOpen,
  };
}

async function inThread(question: ConfigurationQuestion): Promise<ConfigurationAnswer> {
  const file = programFile(new URL("./configuration-worker.ts", import.meta.url), "configuration-worker.js");
  const worker = new Worker(file, { workerData: question, resourceLimits: { maxOldGenerationSizeMb: HEAP_MIB } });
  let timer: NodeJS.Timeout | undefined;
  try {
    return await new Promise<ConfigurationAnswer>((resolve, reject) => {
      const failed = (why: string, cause?: unknown) =>
        reject(
          new SluiceError("InvalidInput", `What was sent could not be read: ${why}`, {
            next: "Apply it in several steps.",
            cause,
          }),
        );
      timer = setTimeout(() => failed(`it took longer than ${TIMEOUT_MS / 1_000} s`), TIMEOUT_MS);
      worker.once("message", resolve);
      worker.once("error", (error) => failed("it needs too much memory, or is nested too deeply", error));
      worker.once("exit", () => failed("reading it ended early"));
    });
  } finally {
    clearTimeout(timer);
    await worker.terminate();
  }
}
