/** How many equal lines stand around a change. */
const AROUND = 3;

interface Line {
  type: " " | "-" | "+";
  text: string;
}

/** The lines of two texts in one list, as few as possible of them changed (Myers, "An O(ND) Difference Algorithm", 1986). */
export function diffLines(before: readonly string[], after: readonly string[]): Line[] {
  const trace: Map<number, number>[] = [];
  const furthest = new Map<number, number>([[1, 0]]);
  for (let edits = 0; edits <= before.length + after.length; edits += 1) {
    trace.push(new Map(furthest));
    for (let k = -edits; k <= edits; k += 2) {
      const down = k === -edits || (k !== edits && (furthest.get(k - 1) ?? -1) < (furthest.get(k + 1) ?? -1));
      let x = down ? (furthest.get(k + 1) ?? 0) : (furthest.get(k - 1) ?? 0) + 1;
      while (x < before.length && x - k < after.length && before[x] === after[x - k]) x += 1;
      furthest.set(k, x);
      if (x >= before.length && x - k >= after.length) return walkBack(before, after, trace);
    }
  }
  return [];
}

function walkBack(before: readonly string[], after: readonly string[], trace: Map<number, number>[]): Line[] {
  const lines: Line[] = [];
  let x = before.length;
  let y = after.length;
  for (let edits = trace.length - 1; edits >= 0; edits -= 1) {
    const furthest = trace[edits]!;
    const k = x - y;
    const down = k === -edits || (k !== edits && (furthest.get(k - 1) ?? -1) < (furthest.get(k + 1) ?? -1));
    const from = down ? k + 1 : k - 1;
    const startX = edits === 0 ? 0 : (furthest.get(from) ?? 0);
    const startY = edits === 0 ? 0 : startX - from;
    while (x > startX && y > startY && x > 0 && y > 0) lines.push({ type: " ", text: before[((y -= 1), (x -= 1))]! });
    if (edits === 0) break;
    if (down) lines.push({ type: "+", text: after[(y -= 1)]! });
    else lines.push({ type: "-", text: before[(x -= 1)]! });
  }
  return lines.toReversed();
}

/** A unified diff of two texts, "" when they are the same. */
export function unifiedDiff(before: string, after: string): string {
  const split = (text: string): string[] => (text === "" ? [] : text.replace(/\n$/, "").split("\n"));
  const lines = diffLines(split(before), split(after));
  let old = 1;
  let now = 1;
  const numbered = lines.map((line) => {
    const at = { ...line, old, now };
    if (line.type !== "+") old += 1;
    if (line.type !== "-") now += 1;
    return at;
  });
  return hunks(numbered.map(({ type }) => type !== " "))
    .map(([from, to]) => {
      const part = numbered.slice(from, to);
      const [first] = part;
      const range = (skip: string, at: number): string => {
        const count = part.filter(({ type }) => type !== skip).length;
        // Of nothing, the line before it is named.
        return `${count === 0 ? at - 1 : at},${count}`;
      };
      const head = `@@ -${range("+", first!.old)} +${range("-", first!.now)} @@`;
      return [head, ...part.map(({ type, text }) => type + text)].join("\n");
    })
    .join("\n");
}

/** Ranges of lines to show: each change with some lines around it, overlapping ones joined. */
function hunks(changed: boolean[]): [from: number, to: number][] {
  const ranges: [number, number][] = [];
  changed.forEach((is, at) => {
    if (!is) return;
    const last = ranges.at(-1);
    const to = Math.min(changed.length, at + AROUND + 1);
    if (last && at - AROUND <= last[1]) last[1] = to;
    else ranges.push([Math.max(0, at - AROUND), to]);
  });
  return ranges;
}
