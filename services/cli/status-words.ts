/** Words that tell a status, by the colour they are shown in. */
export const STATUS_WORDS = {
  green: [
    "Synced",
    "Healthy",
    "Succeeded",
    "Successful",
    "Promoted",
    "Connected",
    "ok",
    "pass",
    "created",
    "Dispatched",
  ],
  red: [
    "Degraded",
    "Missing",
    "Failed",
    "Error",
    "Aborted",
    "TimedOut",
    "Unreachable",
    "failed",
    "fail",
    "block",
    "Rejected",
  ],
  yellow: [
    "OutOfSync",
    "Progressing",
    "Running",
    "Held",
    "Suspended",
    "Terminated",
    "warning",
    "configured",
    "wait",
    "Queued",
    "Waiting",
    "Paused",
    "Moving",
    "Syncing",
    "Verifying",
    "Inconclusive",
    "Superseded",
  ],
} as const;

const SGR = { green: 32, red: 31, yellow: 33 } as const;
const painted = (Object.keys(SGR) as (keyof typeof SGR)[]).map(
  (colour) => `\\u001b\\[${SGR[colour]}m(?:${STATUS_WORDS[colour].join("|")})\\u001b\\[39m`,
);
const INSTANT = String.raw`\u001b\[2m\d{4}-\d\d-\d\dT[\d:.]{8,}Z\u001b\[22m`;

/** What this program colours itself: a status word in its own colour, or the instant of an event. Nothing else may bring colours. */
export const OWN_COLOURS = new RegExp([...painted, INSTANT].join("|"), "g");
