import { expect, test } from "vitest";
import { waitOf, waitsTeller } from "../../../services/cli/waits.ts";

const cause = (message: string) => ({ reason: "X", message, who: "somebody", next: "wait" });
const answer = (message: string, standing = "Working") => ({ application: "web", standing, causes: [cause(message)] });

test("what a running operation waits for is one short line, and only of one that runs", () => {
  expect(waitOf({ standing: "Working", causes: [cause("pod a can't\n pull"), cause("b")] })).toBe(
    "pod a can't pull (and 1 more)",
  );
  expect(waitOf({ standing: "Working", causes: [cause("x".repeat(500))] })).toHaveLength(160);
  expect(waitOf({ standing: "Working", causes: [] })).toBeUndefined();
  expect(waitOf({ standing: "Unhealthy", causes: [cause("a")] })).toBeUndefined();
});

test("it is added to what was said, unless an event came meanwhile or nobody could be asked", async () => {
  const told: string[] = [];
  const said = new Map([
    ["web", "Running"],
    ["late", "Running"],
    ["gone", "Running"],
  ]);
  const open = new Map([...said.keys()].map((name) => [name, "op"]));
  const get = async (path: string): Promise<never> => {
    if (path.includes("gone")) throw new Error("away");
    if (path.includes("late")) said.set("late", "Succeeded");
    return answer("ImagePullBackOff") as never;
  };
  await waitsTeller({ get }, { open, said, say: (name, text) => void told.push(`${name} ${text}`) })();
  expect(told).toEqual(["web Running: ImagePullBackOff"]);
});
