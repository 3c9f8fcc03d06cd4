import { describe, expect, it } from "vitest";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { problemsOf } from "./check-document.ts";
import { commandsOf } from "./command-lines.ts";
import { documentPaths, parseDocument, readDocument } from "./documents.ts";

describe("documents", () => {
  it.each(documentPaths())("%s: its commands, configuration, links and paths are right", (path) => {
    expect(problemsOf(readDocument(path))).toEqual([]);
  });

  it("the README's own commands are among what is checked", () => {
    const commands = readDocument("README.md").snippets.flatMap(({ text }) => commandsOf(text));
    expect(commands.map(({ words }) => words.join(" "))).toEqual(
      expect.arrayContaining(["npm ci", "npm run demo", "npm test", "./bin/sluice app wait web"]),
    );
  });
});

describe("the checks", () => {
  it("find every mistake", () => {
    const path = "test/docs/fixtures/bad.md";
    const bad = parseDocument(path, readFileSync(join(import.meta.dirname, "fixtures/bad.md"), "utf8"));
    const found = problemsOf(bad).map((problem) => problem.slice(path.length + 1));
    expect(found).toEqual([
      "6: error: unknown option '--frobnicate'",
      "7: package.json has no script frobnicate",
      expect.stringMatching(/^8: error: option '--webhook <provider>' argument 'frobnicate' is invalid/),
      expect.stringMatching(/^9: Unknown option '--frobnicate'/),
      "10: error: missing required argument 'name'",
      expect.stringMatching(/^11: error: unknown command 'dokter'/),
      expect.stringMatching(/^15: spec: Unrecognized key: "frobnicate"/),
      expect.stringMatching(/^28: nats: Unrecognized key: "frobnicate"/),
      expect.stringMatching(/^33: /),
      "37: no test knows blocks of frobnicate",
      "3: the link nowhere.md leads nowhere",
      "3: test/docs/fixtures/bad.md has no heading #not-here",
      "3: there is no domain/sync/nothing.ts",
      expect.stringMatching(/^3: error: unknown command 'frobnicate'/),
    ]);
  });

  it("read shell as a shell does", () => {
    const text = `sluice a "b c" 'd' \\\n  --e=f # not this\nX=1 sluice g | sluice h -f - && sluice i > out <<EOF\nsluice no\nEOF\nsource <(sluice j)\n`;
    expect(commandsOf(text)).toEqual([
      { words: ["sluice", "a", "b c", "d", "--e=f"], line: 0 },
      { words: ["sluice", "g"], line: 2 },
      { words: ["sluice", "h", "-f", "-"], line: 2 },
      { words: ["sluice", "i"], line: 2 },
      { words: ["source"], line: 5 },
      { words: ["sluice", "j"], line: 5 },
    ]);
  });

  it("refuse a block that never ends", () => {
    expect(() => parseDocument("x.md", "text\n```sh\nsluice")).toThrow("x.md:2");
  });
});
