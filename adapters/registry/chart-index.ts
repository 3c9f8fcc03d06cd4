import { createHash } from "node:crypto";
import { Worker } from "node:worker_threads";
import type { ChartIndexPort } from "../../activities/release/ports.ts";
import { SluiceError } from "../../schemas/errors.ts";
import { createRecent } from "../cache/recent.ts";
import { programFile } from "../processes/program-file.ts";
import type { ChartIndexAnswer, ChartIndexQuestion } from "./chart-index-worker.ts";
import type { Ask, HttpAnswer } from "./http.ts";
import type { RegistryCredentials } from "./session.ts";

/** The largest public ones have 20 MB. */
const INDEX_BYTES = 48 * 1024 * 1024;
const READ_LIMIT_MS = 60_000;
const HEAP_MIB = 1_024;
/** Indices whose digest and answer are kept, so that an unchanged one is read once. */
const MOST_KEPT = 500;

interface Kept {
  etag: string | undefined;
  digest: string;
  versions: NonNullable<ChartIndexAnswer["versions"]>;
}

/** Chart repositories over HTTP. An index is read in a thread of its own, because a large one takes seconds. */
export function createChartIndex(deps: {
  ask: Ask;
  credentialsFor(url: string): Promise<RegistryCredentials | undefined>;
}): ChartIndexPort {
  const kept = createRecent<Kept>(MOST_KEPT);
  let turn: Promise<unknown> = Promise.resolve();

  const readInTurn = (question: ChartIndexQuestion, what: string): Promise<ChartIndexAnswer> => {
    const mine = turn.then(() => readAside(question, what));
    turn = mine.catch(() => undefined);
    return mine;
  };

  return {
    async versions({ repoURL, name }) {
      const key = `${repoURL} ${name}`;
      const known = kept.get(key);
      const credentials = await deps.credentialsFor(repoURL);
      const answer = await deps.ask({
        url: `${repoURL.replace(/\/+$/, "")}/index.yaml`,
        method: "GET",
        own: repoURL,
        headers: known?.etag === undefined ? {} : { "if-none-match": known.etag },
        authorization: authorizationOf(credentials),
        insecure: repoURL.startsWith("http://"),
        caData: credentials?.caData,
        most: INDEX_BYTES,
        what: repoURL,
      });
      if (answer.status === 304 && known) return known.versions;
      checkStatus(answer, repoURL);
      const digest = createHash("sha256").update(answer.body).digest("hex");
      const versions =
        known?.digest === digest
          ? known.versions
          : (await readInTurn({ text: answer.body.toString("utf8"), name }, repoURL)).versions;
      if (!versions) {
        throw new SluiceError("RevisionNotFound", `${repoURL} has no chart ${name}.`, {
          next: "check the chart's name",
        });
      }
      kept.set(key, { etag: answer.headers["etag"], digest, versions });
      return versions;
    },
  };
}

const authorizationOf = (credentials: RegistryCredentials | undefined): string | undefined =>
  credentials?.password === undefined
    ? undefined
    : `Basic ${Buffer.from(`${credentials.username ?? ""}:${credentials.password}`).toString("base64")}`;

function checkStatus({ status }: HttpAnswer, what: string): void {
  if (status === 200) return;
  if (status === 401 || status === 403) {
    throw new SluiceError("SourceForbidden", `${what} refuses the credentials, or needs some.`, {
      next: `give a Repository whose url is ${what} with username and password`,
    });
  }
  if (status === 404) {
    throw new SluiceError("SourceForbidden", `There is no index.yaml at ${what}, or the credentials may not see it.`, {
      next: "check the address of the chart repository",
    });
  }
  throw new SluiceError("SourceUnavailable", `${what} answers ${status}.`, { next: "nothing; it is tried again" });
}

async function readAside(question: ChartIndexQuestion, what: string): Promise<ChartIndexAnswer> {
  const file = programFile(new URL("./chart-index-worker.ts", import.meta.url), "chart-index-worker.js");
  const worker = new Worker(file, {
    workerData: question,
    env: {},
    resourceLimits: { maxOldGenerationSizeMb: HEAP_MIB },
  });
  let timer: NodeJS.Timeout | undefined;
  try {
    return await new Promise<ChartIndexAnswer>((resolve, reject) => {
      const failed = (why: string, cause?: unknown) =>
        reject(new SluiceError("SourceRefused", `The index.yaml of ${what} could not be read: ${why}.`, { cause }));
      timer = setTimeout(() => failed(`it took longer than ${READ_LIMIT_MS / 1_000} s`), READ_LIMIT_MS);
      worker.once("message", (answer: ChartIndexAnswer) =>
        answer.problem === undefined ? resolve(answer) : failed(answer.problem),
      );
      worker.once("error", (error) => failed("it needs too much memory, or is nested too deeply", error));
      worker.once("exit", () => failed("reading it ended early"));
    });
  } finally {
    clearTimeout(timer);
    await worker.terminate();
  }
}
