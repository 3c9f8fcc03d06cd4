import { durationMs } from "../../schemas/duration.ts";
import { instantOf, type Judged, type Said, say, textOf } from "./input.ts";
import { verifiedBefore } from "./upstream.ts";

const said = say("soak");

/** Whether the release has been verified long enough in the stages before: in the last of them, or with `afterAny` in the first. */
export function judgeSoak(judged: Judged): Said {
  const { into, gate, now } = judged;
  const soak = gate.soak ?? "0s";
  const before = verifiedBefore(judged, into);
  if (before.length === 0) {
    return said("block", "NothingBefore", "no stage comes before in which the release could soak; take the gate away");
  }
  const times = before.flatMap(({ at }) => (at === undefined ? [] : instantOf(at)));
  const enough = into.afterAny ? times.length > 0 : times.length === before.length;
  if (!enough) return said("wait", "NotVerified", "soaking begins when the release is verified in the stages before");
  const since = into.afterAny ? Math.min(...times) : Math.max(...times);
  const until = since + durationMs(soak);
  const evidence = { since: textOf(since), soak, until: textOf(until) };
  if (instantOf(now) >= until) return said("pass", "Soaked", `verified since ${textOf(since)}`, { evidence });
  return said("wait", "Soaking", `verified since ${textOf(since)}; ${soak} are over at ${textOf(until)}`, {
    evidence,
    until: textOf(until),
  });
}
