import { execFile, execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { version } from "../../../schemas/version.ts";
import type { SluiceCommand } from "../../../services/cli/command.ts";
import { createProgram } from "../../../services/cli/program.ts";
import { CLUSTER } from "../api/instance.ts";
import { cli, cliWithServer } from "./cli.ts";

const BIN = resolve("bin/sluice");
const run = promisify(execFile);

const never = () => {
  throw new Error("nothing runs here");
};

function commands(command: SluiceCommand, path: string[] = []): { path: string[]; command: SluiceCommand }[] {
  const own = command.commands as SluiceCommand[];
  return own.flatMap((sub) => [{ path: [...path, sub.name()], command: sub }, ...commands(sub, [...path, sub.name()])]);
}

const all = commands(createProgram({ version, io: never, exit: never }));

describe("help", () => {
  it.each(all.map(({ path, command }) => [path.join(" "), command] as const))(
    "%s has a summary and examples that parse",
    async (name, command) => {
      expect(command.description()).not.toBe("");
      expect(command.examples.length).toBeGreaterThan(0);
      if (name === "server" || name === "demo") return;
      const { code, out } = await cli([...name.split(" "), "--help"]);
      expect(code).toBe(0);
      expect(out).toContain("Examples:");
      for (const example of command.examples) {
        const words = /sluice ([a-z -]+)/.exec(example)?.[1]?.trim().split(" ") ?? [];
        expect(all.some(({ path }) => path.every((word, at) => words[at] === word))).toBe(true);
      }
    },
  );
});

describe("completion", () => {
  let dir: string;
  beforeAll(() => {
    dir = mkdtempSync(join(tmpdir(), "sluice-completion-"));
  });
  afterAll(() => rmSync(dir, { recursive: true }));

  const completing = async (words: string[]): Promise<string[]> => {
    const { out } = await cli(["completion", "bash"]);
    const script = `${out}\nCOMP_WORDS=(${words.map((word) => `'${word}'`).join(" ")})\nCOMP_CWORD=${words.length - 1}\n_sluice\nprintf '%s\\n' "\${COMPREPLY[@]}"`;
    return execFileSync("bash", ["-c", script], { encoding: "utf8" }).trim().split("\n");
  };

  it("of bash offers commands, flags and kinds where they belong", async () => {
    expect(await completing(["sluice", "app", "list", "-o", "ya"])).toEqual(["yaml"]);
    expect(await completing(["sluice", "app", "list", "--output", "j"])).toEqual(["json"]);
    expect(await completing(["sluice", "app", "ref"])).toEqual(["refresh"]);
    expect(await completing(["sluice", "get", "rep"])).toEqual(["repository"]);
    expect(await completing(["sluice", "get", "del"])).toEqual(["deliveries"]);
    expect(await completing(["sluice", "app", "sync", "web", "--rev"])).toEqual(["--revision"]);
    expect(await completing(["sluice", "--quiet", "completion", "z"])).toEqual(["zsh"]);
  });

  it("parses in every shell that is here, and another shell is refused", async () => {
    for (const shell of ["bash", "zsh", "fish"]) {
      const { out, code } = await cli(["completion", shell]);
      expect(code).toBe(0);
      if (shell !== "fish") execFileSync("bash", ["-n"], { input: out });
      else expect(out).toContain("complete -c sluice");
    }
    expect((await cli(["completion", "tcsh"])).code).toBe(2);
  });
});

describe("bin/sluice", () => {
  let dir: string;
  beforeAll(() => {
    dir = mkdtempSync(join(tmpdir(), "sluice-bin-"));
  });
  afterAll(() => rmSync(dir, { recursive: true }));

  it("runs through links from anywhere, with an older node on PATH", async () => {
    symlinkSync(BIN, join(dir, "first"));
    symlinkSync("first", join(dir, "sluice"));
    const { stdout } = await run(join(dir, "sluice"), ["--version"], { cwd: "/", env: { PATH: "/usr/bin:/bin" } });
    expect(stdout).toBe(`${version}\n`);
  });

  it("exits with the code of the command, and does not linger on its connections", async () => {
    const at = await cliWithServer();
    try {
      const env = { PATH: process.env["PATH"], HOME: dir, ...at.env };
      await at.apply(CLUSTER);
      const { stdout } = await run(BIN, ["get", "clusters", "-o", "name"], { env, timeout: 20_000 });
      expect(stdout).toBe("cluster/staging\n");
      await expect(run(BIN, ["get", "cluster", "none"], { env, timeout: 20_000 })).rejects.toMatchObject({ code: 4 });
      const wrong = run(BIN, ["get", "clusters"], { env: { ...env, SLUICE_TOKEN: "wrong" }, timeout: 20_000 });
      await expect(wrong).rejects.toMatchObject({ code: 6 });
    } finally {
      await at.close();
    }
  });
});
