import { readdir } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { CANARY, gitMirrors } from "./git-mirrors.ts";

const { openMirrors, repositoryOf } = gitMirrors();

describe("checking an address", () => {
  it("counts what it advertises, with the credentials given or those that cover it, and keeps nothing", async () => {
    const { url, repository } = await repositoryOf();
    const { mirrors, dir } = await openMirrors();
    expect(await mirrors.check(url)).toBe(0);
    await repository.commit({ "a.txt": "1" }, "first");
    expect(await mirrors.check(url)).toBe(2);
    expect(await mirrors.check(url, { username: "sluice", password: CANARY })).toBe(2);
    expect(await readdir(dir)).toEqual(["home"]);
  });

  it.each([
    [(url: string) => url, { username: "sluice", password: "wrong-canary" }, "SourceForbidden"],
    [(url: string) => `${url}x`, undefined, "SourceForbidden"],
    [() => "https://127.0.0.1:1/x", undefined, "SourceUnavailable"],
    [() => "--upload-pack=touch x", undefined, "SourceRefused"],
    [() => "ext::sh -c id", undefined, "SourceRefused"],
  ])("of %s with %j ends in %s", async (address, credentials, code) => {
    const { url } = await repositoryOf();
    const { mirrors } = await openMirrors();
    const refused: unknown = await mirrors.check(address(url), credentials).catch((error: unknown) => error);
    expect(refused).toMatchObject({ code });
    expect(JSON.stringify(refused)).not.toContain("wrong-canary");
  });
});
