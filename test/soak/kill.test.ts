import { killSuite } from "../fixtures/kill-suite.ts";

/** Hours of kills, if that is wanted: SLUICE_KILL_RUNS says how many of each kind. */
const runs = Number(process.env["SLUICE_KILL_RUNS"] ?? 300);
killSuite({ inOneProcess: runs, split: runs });
