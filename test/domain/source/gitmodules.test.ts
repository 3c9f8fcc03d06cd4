import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseGitmodules, submoduleURL } from "../../../domain/source/gitmodules.ts";

describe("a .gitmodules file", () => {
  test("names paths and addresses, with comments, quotes, capitals and a line that goes on", () => {
    const text = `# ours
[submodule "base"]
\tpath = vendor/base ; where it is
\turl = ../base.git
\tupdate = !rm -rf /
[SubModule "charts \\"x\\""]
  URL = "https://git.example/c#1.git" # the chart
  Path = charts/
[core]
  path = nowhere
[submodule "long"] path = lo\\
ng
  url = ./long
`;
    expect(parseGitmodules(text)).toEqual([
      { path: "vendor/base", url: "../base.git" },
      { path: "charts", url: "https://git.example/c#1.git" },
      { path: "long", url: "./long" },
    ]);
  });

  test("without a path or an address, or with a path that leaves the repository, names none", () => {
    const section = (path: string, url = "https://h/x") => `[submodule "a"]\npath = ${path}\nurl = ${url}\n`;
    for (const path of ["..", "../x", "a/../../b", "/etc", ".git/hooks", "a\\\\b", "", ".", "a/./b", "a//b"]) {
      expect(parseGitmodules(section(path)), path).toEqual([]);
    }
    expect(parseGitmodules(`[submodule "a"]\npath = x\n`)).toEqual([]);
  });

  test("of any content never throws", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'[submodule "a]=\\\n#;path url./x'.split("")) }), (text) => {
        for (const { path } of parseGitmodules(text)) expect(path).not.toMatch(/(^|\/)\.\.?(\/|$)|^\//);
      }),
    );
  });
});

describe("the address of a submodule", () => {
  test.each([
    ["https://git.example/team/app.git", "../base.git", "https://git.example/team/base.git"],
    ["https://git.example/team/app/", "../../other/base", "https://git.example/other/base"],
    ["https://git.example/team/app.git", "./sub", "https://git.example/team/app.git/sub"],
    ["ssh://git@git.example:2222/team/app", "../base", "ssh://git@git.example:2222/team/base"],
    ["git@git.example:team/app.git", "../base.git", "git@git.example:team/base.git"],
    ["git@git.example:team/app.git", "../../base.git", "git@git.example:base.git"],
    ["https://git.example/team/app", "https://else.example/x", "https://else.example/x"],
    ["https://git.example/team/app", "ext::sh -c id", "ext::sh -c id"],
  ])("of %s, %s is %s", (parent, url, address) => {
    expect(submoduleURL(parent, url)).toBe(address);
  });

  test.each(["../../../x", "../../../../evil.example/x", "./../../../x"])(
    "%s goes above the host and is none",
    (url) => {
      expect(submoduleURL("https://git.example/team/app", url)).toBeUndefined();
      expect(submoduleURL("git@git.example:team/app", url)).toBeUndefined();
    },
  );
});
