import { expect, test } from "vitest";
import { createNarrator } from "../../../services/demo/narrator.ts";

const spoken = () => {
  const lines: string[] = [];
  const narrator = createNarrator({ write: (text: string) => lines.push(text) }, { color: false, stillMs: 5 });
  return { lines, narrator };
};
const words = (line: string | undefined): string | undefined => line?.replace(/^ *[\d.]+ s {2}/, "");

test("without a terminal a long step says now and then how far it is", async () => {
  const { lines, narrator } = spoken();
  await narrator.step("servers run", async (progress) => {
    progress("NATS up");
    await expect.poll(() => lines.length).toBeGreaterThan(1);
  });
  expect(words(lines[0])).toBe("… servers run: NATS up\n");
  expect(words(lines.at(-1))).toBe("✓ servers run\n");
});

test("a short one is one line", async () => {
  const { lines, narrator } = spoken();
  await narrator.step("done at once", async () => undefined);
  expect(lines.map(words)).toEqual(["✓ done at once\n"]);
});
