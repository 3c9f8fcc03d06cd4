import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { gitAddress, gitRef } from "../../../adapters/git/address.ts";
import { parseAdvertisedRefs } from "../../../adapters/git/advertised-refs.ts";
import { parseTree } from "../../../adapters/git/tree-object.ts";
import { SluiceError } from "../../../schemas/errors.ts";

it("reads what ls-remote prints, and nothing that only looks like it", () => {
  const sha = "a".repeat(40);
  const output = [
    "ref: refs/heads/trunk\tHEAD",
    `${sha}\tHEAD`,
    `${sha}\trefs/heads/trunk`,
    `${sha}\trefs/tags/v1^{}`,
    "warning: something",
    `${sha}\t../../x`,
    `short\trefs/heads/x`,
  ].join("\n");
  expect(parseAdvertisedRefs(output)).toEqual({
    head: "refs/heads/trunk",
    refs: new Map([
      ["HEAD", sha],
      ["refs/heads/trunk", sha],
      ["refs/tags/v1^{}", sha],
    ]),
  });
});

describe("parseTree", () => {
  const entry = (mode: string, name: string, byte: number) =>
    Buffer.concat([Buffer.from(`${mode} ${name}\0`), Buffer.alloc(20, byte)]);

  it("reads modes, names and ids", () => {
    const bytes = Buffer.concat([
      entry("100644", "a b", 1),
      entry("40000", "dir", 2),
      entry("120000", "ü", 3),
      entry("160000", "sub", 4),
    ]);
    expect([...parseTree(bytes, 20)]).toEqual([
      ["a b", { oid: "01".repeat(20), type: "blob", mode: "100644" }],
      ["dir", { oid: "02".repeat(20), type: "tree", mode: "040000" }],
      ["ü", { oid: "03".repeat(20), type: "symlink", mode: "120000" }],
      ["sub", { oid: "04".repeat(20), type: "submodule", mode: "160000" }],
    ]);
  });

  it("comes to an end on any bytes", () => {
    fc.assert(fc.property(fc.uint8Array(), (bytes) => void parseTree(Buffer.from(bytes), 20)));
  });
});

it("allows plain http for loopback and for hosts that are listed", () => {
  expect(gitAddress("http://127.0.0.1:3000/a").url).toBe("http://127.0.0.1:3000/a");
  expect(gitAddress("http://git.internal/a", ["git.internal"]).url).toBe("http://git.internal/a");
  expect(() => gitAddress("http://git.internal/a")).toThrow(SluiceError);
  expect(() => gitAddress("http://127.0.0.1.evil.example/a")).toThrow(SluiceError);
});

it("takes full refs and HEAD only", () => {
  expect(gitRef("refs/heads/main")).toBe("refs/heads/main");
  expect(gitRef("HEAD")).toBe("HEAD");
  for (const ref of ["main", "-x", "refs/heads/a b", "refs/heads/a:b", "+refs/heads/x", "refs/heads/../x"]) {
    expect(() => gitRef(ref)).toThrow(expect.objectContaining({ code: "SourceRefused" }));
  }
});
