import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { findToolsFolder } from "../../../adapters/toolchain/cache.ts";
import { isOlder } from "../../../adapters/toolchain/go.ts";
import { TOOL_NAMES, TOOL_PINS } from "../../../adapters/toolchain/pins.ts";
import { parseVersion } from "../../../adapters/toolchain/version.ts";

describe.each(TOOL_NAMES)("the pin of %s", (name) => {
  const pin = TOOL_PINS[name];
  const module = readFileSync(join(findToolsFolder(), pin.family, "go.mod"), "utf8");

  it("is what its go.mod requires, and its package is a tool there", () => {
    const required = [...module.matchAll(/^(?:require |\t)(\S+) v(\S+)/gm)].find(
      ([, path]) => (pin.module ?? pin.package) === path || pin.package.startsWith(`${path}/`),
    );
    expect(required?.[2]).toBe(pin.version);
    const own = pin.module === undefined ? "(tool |\t)" : "module ";
    expect(module).toMatch(new RegExp(`^${own}${pin.package}$`, "m"));
  });

  it("is in the reference", () => {
    const reference = readFileSync(join(findToolsFolder(), "../docs/reference/toolchain.md"), "utf8");
    const row = reference.split("\n").find((line) => line.startsWith(`| \`${name}\` `));
    const cells = row?.split("|").map((cell) => cell.trim());
    expect(cells?.slice(2, 4)).toEqual([pin.version, `\`${pin.variable}\``]);
    expect(cells?.[4] === "the same version").toBe(pin.fits === "exact");
    expect(cells?.[5]).toBe(`${pin.estimateSeconds} s`);
  });

  it("has a variable of its own", () => {
    expect(TOOL_NAMES.filter((other) => TOOL_PINS[other].variable === pin.variable)).toEqual([name]);
  });
});

describe("versions", () => {
  it.each([
    ["nats-server: v2.15.2", "2.15.2"],
    ["temporal version 1.5.1 (Server 1.29.1, UI 2.42.1)", "1.5.1"],
    ["Kubernetes v1.36.3", "1.36.3"],
    ["Client Version: v1.36.3\nKustomize Version: v5.8.1", "1.36.3"],
    ["v4.3.1+g0a1b2c3", "4.3.1"],
    ["etcd Version: 3.7.3\nGit SHA: unknown\nGo Version: go1.26.8", "3.7.3"],
    ["none", undefined],
  ])("reads `%s`", (printed, version) => expect(parseVersion(printed)).toBe(version));

  it.each([
    ["1.25.9", "1.26.0", true],
    ["1.9", "1.26.0", true],
    ["1.26", "1.26.0", false],
    ["1.26.1", "1.26.0", false],
    ["2.0.0", "1.26.0", false],
  ])("%s is older than %s: %s", (found, needed, older) => expect(isOlder(found, needed)).toBe(older));
});
