import { Worker } from "node:worker_threads";
import type { RawObject } from "../../schemas/artifact.ts";
import { isErrorCode, SluiceError, type Problem } from "../../schemas/errors.ts";
import { programFile } from "../processes/program-file.ts";
import type { RenderLimits } from "./limits.ts";
import type { ParseAnswer, ParseRequest } from "./manifest-worker.ts";
import { parseManifests, type ManifestText } from "./manifests.ts";
import { rememberOrigin } from "./origins.ts";

/** Parses manifests, the large ones in a thread of their own so that the event loop keeps answering. */
export interface ManifestParser {
  parse(texts: readonly ManifestText[]): Promise<RawObject[]>;
  close(): Promise<void>;
}

/** Below this the hand-over costs more than the parsing. */
const THREAD_FROM_BYTES = 64 * 1024;
/** A thread that was not used this long is ended. */
const IDLE_MS = 30_000;
/** Parsing takes about a second for a megabyte. */
const TIMEOUT_MS = 120_000;

/** One thread, started when it is first needed; its memory is bounded, and it is replaced when it fails. */
export function createManifestParser(limits: RenderLimits): ManifestParser {
  let worker: Worker | undefined;
  let idle: NodeJS.Timeout | undefined;
  let turn: Promise<unknown> = Promise.resolve();

  async function inThread(texts: readonly ManifestText[]): Promise<RawObject[]> {
    clearTimeout(idle);
    worker ??= startThread(limits);
    try {
      const answer = await ask(worker, { texts: [...texts], limits: { ...limits } });
      if ("objects" in answer) {
        const { objects, origins } = answer;
        for (const [at, origin] of origins.entries()) if (origin) rememberOrigin(objects[at]!, origin);
        return objects;
      }
      const { code, message, next, problems } = answer.error;
      throw new SluiceError(isErrorCode(code) ? code : "Internal", message, {
        ...(next === undefined ? {} : { next }),
        problems: problems as readonly Problem[],
      });
    } catch (error) {
      if (!(error instanceof ThreadFailed)) throw error;
      await end();
      throw new SluiceError("RenderLimit", `The manifests could not be parsed: ${error.message}.`, { cause: error });
    } finally {
      idle = setTimeout(() => void end(), IDLE_MS).unref();
    }
  }

  async function end(): Promise<void> {
    clearTimeout(idle);
    const ending = worker;
    worker = undefined;
    await ending?.terminate();
  }

  return {
    async parse(texts) {
      const bytes = texts.reduce((sum, { source }) => sum + source.length, 0);
      if (bytes < THREAD_FROM_BYTES) return parseManifests(texts, limits);
      const mine = turn.then(() => inThread(texts));
      turn = mine.catch(() => undefined);
      return mine;
    },
    async close() {
      await turn;
      await end();
    },
  };
}

/** Thrown when the thread itself ended or took too long. */
class ThreadFailed extends Error {}

function startThread({ memoryBytes }: RenderLimits): Worker {
  const heap = Math.ceil(memoryBytes / 1024 / 1024);
  const file = programFile(new URL("./manifest-worker.ts", import.meta.url), "manifest-worker.js");
  const worker = new Worker(file, { resourceLimits: { maxOldGenerationSizeMb: heap } });
  worker.unref();
  return worker;
}

function ask(worker: Worker, request: ParseRequest): Promise<ParseAnswer> {
  return new Promise((resolve, reject) => {
    const done = () => {
      clearTimeout(timer);
      worker.off("message", answered).off("error", failed).off("exit", exited);
    };
    const answered = (answer: ParseAnswer) => {
      done();
      resolve(answer);
    };
    const failed = (error: unknown) => {
      done();
      reject(new ThreadFailed(error instanceof Error ? error.message : "the thread failed", { cause: error }));
    };
    const exited = () => failed(new Error("the thread ended"));
    const timer = setTimeout(() => failed(new Error(`it took longer than ${TIMEOUT_MS / 1_000} s`)), TIMEOUT_MS);
    worker.on("message", answered).on("error", failed).on("exit", exited);
    worker.postMessage(request);
  });
}
