import { expect, test } from "vitest";
import { createJq } from "../../../adapters/jq/jq.ts";
import { createPutOff } from "../../../adapters/jq/put-off.ts";

test("what goes too far again and again is put off for twice as long each time, an hour at most", () => {
  let now = 0;
  const putOff = createPutOff(10, 60_000, () => now);
  const pauses = Array.from({ length: 9 }, () => {
    putOff.add("slow");
    const begun = now;
    while (putOff.has("slow")) now += 1_000;
    return (now - begun) / 60_000;
  });
  expect(pauses).toEqual([1, 2, 4, 8, 16, 32, 60, 60, 60]);
  expect(putOff.has("other")).toBe(false);
});

test("what did well for as long as it was put off begins anew", () => {
  let now = 0;
  const putOff = createPutOff(10, 60_000, () => now);
  putOff.add("slow");
  now += 60_000 + 60_000;
  putOff.add("slow");
  now += 60_000;
  expect(putOff.has("slow")).toBe(false);
});

test("an endless expression takes its time once, however many objects wait for it", async () => {
  const jq = createJq({ limitMs: 300 });
  try {
    const endless = ".a | select(last(repeat(1)) == 1)";
    await jq.paths(".a", { a: 1 });
    const begun = performance.now();
    const objects = Array.from({ length: 100 }, (_, a) => ({ a }));
    const answers = await Promise.allSettled(objects.map((object) => jq.paths(endless, object)));
    expect(answers.map((answer) => answer.status === "rejected" && (answer.reason as { code: string }).code)).toEqual(
      objects.map(() => "RenderLimit"),
    );
    // A run each would take 30 s of processor time, one takes 0.3 s; a thread takes a while to start on a busy machine.
    expect(performance.now() - begun).toBeLessThan(100 * 300);
    expect(await jq.paths(".a", { a: 1 })).toEqual([["a"]]);
  } finally {
    await jq.close();
  }
});
