import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readlinkSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "sluice-link-node-"));
});
afterEach(() => rmSync(root, { recursive: true }));

const run = () => execFileSync(process.execPath, ["tools/link-node.mjs", root]);
const pinned = `node-${process.platform}-${process.arch}`;

test("the pinned Node is in node_modules/.bin, whatever npm left there", () => {
  mkdirSync(join(root, "node_modules", pinned, "bin"), { recursive: true });
  writeFileSync(join(root, "node_modules", pinned, "bin", "node"), "");
  run();
  expect(readlinkSync(join(root, "node_modules/.bin/node"))).toBe(`../${pinned}/bin/node`);
  run();
  expect(existsSync(join(root, "node_modules/.bin/node"))).toBe(true);
});

test("where there is no pinned Node nothing is linked", () => {
  mkdirSync(join(root, "node_modules"));
  run();
  expect(existsSync(join(root, "node_modules/.bin"))).toBe(false);
});

test("npm ci links it before it runs anything that needs it", () => {
  const { scripts } = JSON.parse(readFileSync("package.json", "utf8")) as { scripts: Record<string, string> };
  expect(scripts["prepare"]).toMatch(/^node tools\/link-node\.mjs && /);
});
