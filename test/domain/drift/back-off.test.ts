import { expect, test } from "vitest";
import { backOffMs, CALM_MS, type PutBack, putBackAgain, waitMs } from "../../../domain/drift/back-off.ts";

const seconds = (flapping: boolean) =>
  [1, 2, 3, 4, 5, 6, 7, 8, 9, 30].map((count) => backOffMs({ count, flapping }) / 1_000);

test("putting back waits longer each time, up to a limit", () => {
  expect(seconds(false)).toEqual([5, 10, 20, 40, 80, 160, 180, 180, 180, 180]);
  expect(seconds(true)).toEqual([15, 30, 60, 120, 240, 480, 900, 900, 900, 900]);
});

test("after a calm it begins anew", () => {
  const change = { object: "v1/ConfigMap/shop/web", managers: ["kubectl-edit"] };
  let record: PutBack | undefined;
  for (let now = 0; now < 5; now++) record = putBackAgain(record, change, now);
  expect(record?.count).toBe(5);
  expect(waitMs([record!], [change], 4 + CALM_MS + 1)).toBe(0);
  expect(putBackAgain(record, change, 4 + CALM_MS + 1)).toMatchObject({ count: 1, times: [4 + CALM_MS + 1] });
});

test("a clock that goes backwards never shortens what was waited for", () => {
  const change = { object: "v1/ConfigMap/shop/web", managers: [] };
  const record = putBackAgain(putBackAgain(undefined, change, 10_000), change, 5_000);
  expect(record).toMatchObject({ count: 2, last: 10_000 });
});
