import { describe, expect, test } from "vitest";
import { type Cron, onDay, parseCron } from "../../../domain/window/cron.ts";

const cron = (text: string): Cron => {
  const parsed = parseCron(text);
  if ("problem" in parsed) throw new Error(parsed.problem);
  return parsed;
};
const values = (set: ReadonlySet<number>): number[] => [...set].sort((a, b) => a - b);

describe("a cron expression", () => {
  test("has lists, ranges, steps and names", () => {
    const { minutes, hours, days, months, weekdays } = cron("0,30 8-18/5 1-10/3 jan,NOV-dec MON-fri");
    expect(values(minutes)).toEqual([0, 30]);
    expect(values(hours)).toEqual([8, 13, 18]);
    expect(values(days)).toEqual([1, 4, 7, 10]);
    expect(values(months)).toEqual([1, 11, 12]);
    expect(values(weekdays)).toEqual([1, 2, 3, 4, 5]);
  });

  test("a step behind a number goes on to the end of the field, a star over all of it", () => {
    expect(values(cron("50/4 * * * *").minutes)).toEqual([50, 54, 58]);
    expect(values(cron("*/20 * * * *").minutes)).toEqual([0, 20, 40]);
    expect(values(cron("0 0 * * */2").weekdays)).toEqual([0, 2, 4, 6]);
  });

  test("seven is Sunday, alone and in a range", () => {
    expect(values(cron("0 0 * * 7").weekdays)).toEqual([0]);
    expect(values(cron("0 0 * * 5-7").weekdays)).toEqual([0, 5, 6]);
  });

  test("has names for what is common", () => {
    expect(cron("@daily")).toEqual(cron("0 0 * * *"));
    expect(cron("@WEEKLY")).toEqual(cron("0 0 * * SUN"));
    expect(cron("@yearly")).toEqual(cron("0 0 1 JAN *"));
  });

  test.each([
    ["", "has none of five fields"],
    ["* * * *", "has 4 of five fields"],
    ["0 0 * * * *", "has 6 of five fields"],
    ["60 * * * *", "minute 60 is not within 0 to 59"],
    ["* 24 * * *", "hour 24 is not within 0 to 23"],
    ["* * 0 * *", "day of month 0 is not within 1 to 31"],
    ["* * * 13 *", "month 13 is not within 1 to 12 nor JAN to DEC"],
    ["* * * * FRY", "day of week FRY is not within 0 to 7 nor SUN to SAT"],
    ["*/0 * * * *", "minute */0 has no step"],
    ["5-1 * * * *", "minute 5-1 ends before it begins"],
    ["1,,2 * * * *", "minute has an empty item"],
    ["1-2-3 * * * *", "minute 1-2-3 is not understood"],
    ["*-5 * * * *", "minute *-5 is not understood"],
    ["1e1 * * * *", "minute 1e1 is not within"],
    ["@often", "@often is none of @hourly"],
    ["every day", "has 2 of five fields"],
  ])("%j is none: %s", (text, problem) => {
    expect(parseCron(text)).toMatchObject({ problem: expect.stringContaining(problem) });
  });
});

describe("days of the month and of the week", () => {
  const friday13 = { month: 2, day: 13, weekday: 5 };
  const friday6 = { month: 2, day: 6, weekday: 5 };
  const tuesday13 = { month: 1, day: 13, weekday: 2 };

  test("one is enough where both are restricted", () => {
    const both = cron("0 0 13 * FRI");
    expect([friday13, friday6, tuesday13].map((date) => onDay(both, date))).toEqual([true, true, true]);
    expect(onDay(both, { month: 1, day: 14, weekday: 3 })).toBe(false);
  });

  test("a star restricts nothing, so the other one decides", () => {
    expect([friday13, friday6, tuesday13].map((date) => onDay(cron("0 0 * * FRI"), date))).toEqual([true, true, false]);
    expect([friday13, friday6, tuesday13].map((date) => onDay(cron("0 0 13 * ?"), date))).toEqual([true, false, true]);
  });
});
