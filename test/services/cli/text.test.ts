import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatDuration, formatSpan } from "../../../services/cli/age.ts";
import { status, styled } from "../../../services/cli/io.ts";
import { nameFrom } from "../../../services/cli/name-from.ts";
import { formatTable, harmless, textWidth } from "../../../services/cli/table.ts";
import { diffLines, unifiedDiff } from "../../../services/cli/unified-diff.ts";
import { DNS_LABEL } from "../../../schemas/ids.ts";

describe("tables", () => {
  it("stand in line whatever the characters, colours not counted", () => {
    const rows = [
      { name: "日本", state: "\u001b[32mok\u001b[39m" },
      { name: "plain", state: "" },
    ];
    const columns = [
      { heading: "NAME", cell: (row: (typeof rows)[number]) => row.name },
      { heading: "STATE", cell: (row: (typeof rows)[number]) => row.state },
      { heading: "WIDE", cell: () => "w", wide: true },
    ];
    expect(formatTable(columns, rows)).toBe("NAME    STATE\n日本    \u001b[32mok\u001b[39m\nplain   -\n");
    expect(formatTable(columns, [])).toBe("NAME   STATE\n");
    expect(formatTable(columns, rows, true)).toContain("WIDE");
    expect([textWidth("e\u0301"), textWidth("👍"), textWidth("ab")]).toEqual([1, 2, 2]);
  });

  it("keep the colours that the program gives a status or an instant", () => {
    const io = { colors: true };
    const line = `${status(io, "Healthy")} ${status(io, "Failed")} ${status(io, "Held")}`;
    expect(line).toContain("\u001b[32mHealthy");
    expect(harmless(line)).toBe(line);
    const at = styled(io, "dim", "2026-01-02T03:04:05.678Z");
    expect(harmless(at)).toBe(at);
  });

  it("let no text of others command the terminal", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        const shown = harmless(text);
        expect(/[\u0000-\u001f\u007f-\u009f]/.test(shown)).toBe(false);
      }),
    );
    expect(harmless("a\u001b]0;title\u0007b\u001b[2Jc\nd")).toBe("a?]0;title?b?[2Jc d");
    expect(harmless("\u001b[31mred\u001b[0m \u001b[8mhidden")).toBe("?[31mred?[0m ?[8mhidden");
    expect(harmless("\u001b[31mSynced\u001b[39m \u001b[32mSynced, or so\u001b[39m")).not.toContain("\u001b");
    expect(harmless("degraded\u202eyhtlaeh\u2066")).toBe("degraded?yhtlaeh?");
  });
});

describe("unifiedDiff", () => {
  const lines = fc.array(fc.constantFrom("a", "b", "c", "d"), { maxLength: 30 });

  it("turns the first text into the second, and says the least", () => {
    fc.assert(
      fc.property(lines, lines, (before, after) => {
        const diff = diffLines(before, after);
        expect(diff.filter(({ type }) => type !== "+").map(({ text }) => text)).toEqual(before);
        expect(diff.filter(({ type }) => type !== "-").map(({ text }) => text)).toEqual(after);
        const kept = diff.filter(({ type }) => type === " ").length;
        expect(kept).toBe(longestCommon(before, after));
      }),
    );
  });

  it("shows changes with three lines around them, near ones together", () => {
    const text = Array.from({ length: 20 }, (_, at) => `line ${at}`);
    const changed = text.with(4, "new 4").with(16, "new 16").toSpliced(5, 1);
    expect(unifiedDiff(`${text.join("\n")}\n`, `${changed.join("\n")}\n`)).toBe(`@@ -2,8 +2,7 @@
 line 1
 line 2
 line 3
-line 4
-line 5
+new 4
 line 6
 line 7
 line 8
@@ -14,7 +13,7 @@
 line 13
 line 14
 line 15
-line 16
+new 16
 line 17
 line 18
 line 19`);
    expect(unifiedDiff("same\n", "same\n")).toBe("");
  });
});

function longestCommon(a: string[], b: string[]): number {
  const table = Array.from({ length: a.length + 1 }, () => Array.from({ length: b.length + 1 }, () => 0));
  for (let i = 1; i <= a.length; i += 1) {
    for (let j = 1; j <= b.length; j += 1) {
      const same = a[i - 1] === b[j - 1];
      table[i]![j] = same ? table[i - 1]![j - 1]! + 1 : Math.max(table[i - 1]![j]!, table[i]![j - 1]!);
    }
  }
  return table[a.length]![b.length]!;
}

describe("small words", () => {
  it("spans and durations are short", () => {
    expect([1_000, 119_000, 120_000, 7_200_000, 200_000_000].map(formatSpan)).toEqual(["1s", "119s", "2m", "2h", "2d"]);
    expect([5, 1_500, 61_000].map(formatDuration)).toEqual(["5ms", "1.5s", "1m1s"]);
  });

  it("any text makes a name that is allowed", () => {
    fc.assert(fc.property(fc.string(), (text) => DNS_LABEL.test(nameFrom(text))));
    expect(nameFrom("arn:aws:eks/Prod_1")).toBe("arn-aws-eks-prod-1");
  });
});
