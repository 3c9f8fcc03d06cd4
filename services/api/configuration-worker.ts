import { parentPort, workerData } from "node:worker_threads";
import type { Problem } from "../../schemas/errors.ts";
import type { ConfigObject } from "../../schemas/kinds/index.ts";
import { type Places, placesOf } from "./places.ts";
import { readConfiguration } from "./read-configuration.ts";

/** What the thread is started with. */
export interface ConfigurationQuestion {
  files: { file: string; text: string }[];
}

/** What it answers: objects as plain data, each with where its parts stand. */
export interface ConfigurationAnswer {
  objects: { object: ConfigObject; file: string; value: unknown; places: Places }[];
  problems: Problem[];
  referencesOpen: boolean;
}

const { files } = workerData as ConfigurationQuestion;
const { objects, problems, referencesOpen } = readConfiguration(files);
const answer: ConfigurationAnswer = {
  objects: objects.map(({ object, document }) => ({
    object,
    file: document.file,
    value: document.value,
    places: placesOf(document),
  })),
  problems,
  referencesOpen,
};
parentPort?.postMessage(answer);
