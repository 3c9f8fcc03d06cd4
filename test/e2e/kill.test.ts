import { killSuite } from "../fixtures/kill-suite.ts";

/** 50 seeded runs, each with a process killed by SIGKILL; `npm run test:soak` has more of them. */
killSuite({ inOneProcess: 20, split: 30 });
