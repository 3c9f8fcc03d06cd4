import { afterEach, beforeEach, expect, it } from "vitest";
import { cliWithServer } from "./cli.ts";

let at: Awaited<ReturnType<typeof cliWithServer>>;
beforeEach(async () => {
  at = await cliWithServer();
});
afterEach(() => at.close());

it("gives a value out of standard input, lists names and keys, and forgets it; a value is never shown", async () => {
  expect((await at.sluice("secret list")).err).toContain("There are no secrets yet");
  const given = await at.sluice("secret set api token --file -", { stdin: "canary-5e\n" });
  expect(given).toMatchObject({ code: 0, out: "secret/api has token\n" });
  const listed = await at.sluice("secret list");
  expect(listed.out).toMatch(/NAME +KEYS +AGE +BY\napi +token /);
  expect((await at.sluice("secret list -o json")).out).not.toContain("canary");
  expect((await at.sluice("secret remove api")).out).toBe("secret/api removed\n");
  expect((await at.sluice("secret remove api")).code).toBe(4);
});

it("says what to do without a file, and with one that can't be read", async () => {
  expect((await at.sluice("secret set api token")).code).toBe(2);
  expect(await at.sluice("secret set api token --file /nonexistent/value")).toMatchObject({ code: 3, out: "" });
});
