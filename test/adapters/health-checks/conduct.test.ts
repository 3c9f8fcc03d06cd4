import { expect, test } from "vitest";
import { Conduct } from "../../../adapters/health-checks/conduct.ts";

const well = { outcome: "judged", status: "Healthy" } as const;
const tooFar = { outcome: "failed", message: "it exceeded 1 s", tooFar: true } as const;
const mistake = { outcome: "failed", message: "health.lua:1: no" } as const;
const HOUR = 3_600_000;

const ban = (conduct: Conduct, place: string): number => {
  const noted = conduct.note(place, tooFar);
  return "againInMs" in noted ? (noted.againInMs ?? 0) : 0;
};

test("a check is trusted once it has answered, and no more once it went too far", () => {
  const conduct = new Conduct(HOUR);
  expect(conduct.trusted).toBe(false);
  conduct.note("a", well);
  expect(conduct.trusted).toBe(true);
  conduct.note("a", mistake);
  expect(conduct.trusted).toBe(true);
  conduct.note("a", tooFar);
  expect(conduct.trusted).toBe(false);
});

test("what went too far on an object is not run on it for a while, and on others is", () => {
  const conduct = new Conduct(HOUR);
  conduct.note("a", tooFar);
  expect(conduct.standIn("a")).toMatchObject({ ...tooFar, againInMs: expect.any(Number) });
  expect(conduct.standIn("b")).toBeUndefined();
});

test("a mistake in a script is no reason not to run it again", () => {
  const conduct = new Conduct(HOUR);
  for (const place of ["a", "b", "c", "d"]) expect(conduct.note(place, mistake)).toEqual(mistake);
  expect(conduct.standIn("a")).toBeUndefined();
});

test("on three objects in a row it is put off for all, and one that it answers for in between begins the count anew", () => {
  const conduct = new Conduct(HOUR);
  conduct.note("a", tooFar);
  conduct.note("b", tooFar);
  conduct.note("c", well);
  conduct.note("d", tooFar);
  expect(conduct.standIn("x")).toBeUndefined();
  conduct.note("e", tooFar);
  conduct.note("f", tooFar);
  expect(conduct.standIn("x")).toMatchObject({ outcome: "postponed", message: "it exceeded 1 s" });
  expect(conduct.standIn("a")).toMatchObject({ outcome: "failed" });
});

test("each time is twice as long as the one before, up to an hour, until it answers", () => {
  const conduct = new Conduct(1_000_000);
  const minutes = [1, 2, 3, 4].map(() => Math.round(ban(conduct, "a") / 100_000));
  expect(minutes).toEqual([10, 20, 36, 36]);
  conduct.note("a", well);
  expect(Math.round(ban(conduct, "a") / 100_000)).toBe(10);
});

test("after its time it is run again", () => {
  const conduct = new Conduct(0);
  for (const place of ["a", "b", "c"]) conduct.note(place, tooFar);
  expect(conduct.standIn("a")).toBeUndefined();
  expect(conduct.standIn("x")).toBeUndefined();
});
