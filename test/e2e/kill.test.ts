import { killSuite } from "../fixtures/kill-suite.ts";

/** 52 seeded runs, each with a process killed by SIGKILL; `npm run test:soak` has more of them. */
killSuite({ inOneProcess: 22, split: 30 });
