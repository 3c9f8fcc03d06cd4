import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { version } from "../../schemas/version.ts";

test("the version is the package's", () => {
  expect(version).toBe((JSON.parse(readFileSync("package.json", "utf8")) as { version: string }).version);
});
