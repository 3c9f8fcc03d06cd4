import { describe, expect, it } from "vitest";
import { progressLine, progressPrinter } from "../../../adapters/toolchain/progress.ts";

const building = (elapsedSeconds: number) =>
  ({ type: "building", name: "temporal", index: 2, of: 10, elapsedSeconds, estimateSeconds: 140 }) as const;

function stream(isTTY: boolean): { text: string; isTTY: boolean; write(chunk: string): boolean } {
  return {
    text: "",
    isTTY,
    write(chunk) {
      this.text += chunk;
      return true;
    },
  };
}

describe("progress", () => {
  it("says which, how many of how many, how long so far and how long about", () => {
    expect(progressLine(building(65.2))).toBe("[2/10] temporal: building, 1 min 5 s of about 2 min 20 s");
  });

  it("says for whom it waits", () => {
    expect(progressLine({ type: "waiting", name: "helm", index: 1, of: 1, pid: 42 })).toBe(
      "[1/1] helm: waiting for process 42, which is building it",
    );
  });

  it("is one line per program where there is no terminal", () => {
    const log = stream(false);
    const print = progressPrinter(log as unknown as NodeJS.WriteStream);
    for (const report of [building(0), building(1), building(2)]) print(report);
    print({ type: "built", name: "temporal", index: 2, of: 10, elapsedSeconds: 3, path: "/x" });
    expect(log.text.split("\n")).toEqual([
      "[2/10] temporal: building, 0 s of about 2 min 20 s",
      "[2/10] temporal: built in 3 s",
      "",
    ]);
  });

  it("is one line rewritten in place on a terminal", () => {
    const terminal = stream(true);
    const print = progressPrinter(terminal as unknown as NodeJS.WriteStream);
    for (const report of [building(0), building(1)]) print(report);
    expect(terminal.text).not.toContain("\n");
    expect(terminal.text.match(/\r/g)).toHaveLength(2);
  });
});
