import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { authorsBrought } from "../../../domain/approval/authors.ts";
import { isAmong, personOf } from "../../../domain/approval/person.ts";
import type { ReleaseView } from "../../../schemas/promotion-views.ts";

const summary = (release: string, ...authors: string[]) => ({ release, alias: release, at: "", authors });
const RELEASES = [summary("r1", "old"), summary("r2", "ada"), summary("r3", "bob"), summary("r4", "cid")];
const view = (release: string, more: Partial<ReleaseView> = {}) =>
  ({ release, commits: [], by: { kind: "system", name: "sluice" }, ...more }) as Pick<
    ReleaseView,
    "release" | "authors" | "commits" | "by"
  >;

describe("whose work a promotion brings", () => {
  it("is that of every release after the one that runs, up to the one to come", () => {
    expect(authorsBrought(RELEASES, { from: "r2", release: view("r4") })).toEqual(["bob", "cid"]);
    expect(authorsBrought(RELEASES, { from: "r1", release: view("r2") })).toEqual(["ada"]);
  });

  it("of a step back is that of the release, of what was skipped on the way, and of what is taken back", () => {
    expect(authorsBrought(RELEASES, { from: "r4", release: view("r2") })).toEqual(["ada", "bob", "cid"]);
    expect(authorsBrought(RELEASES, { from: "r3", release: view("r2") })).toEqual(["ada", "bob"]);
    expect(authorsBrought(RELEASES, { from: "r3", release: view("r3") })).toEqual(["bob"]);
  });

  it("of a step back to what this stage has verified is that of the release itself", () => {
    expect(authorsBrought(RELEASES, { from: "r4", release: view("r2"), verified: true })).toEqual(["ada"]);
    // Forward it brings all the same what came between.
    expect(authorsBrought(RELEASES, { from: "r2", release: view("r4"), verified: true })).toEqual(["bob", "cid"]);
  });

  it("of the first is that of the release itself, and from what is remembered no more that of all that are", () => {
    expect(authorsBrought(RELEASES, { release: view("r3") })).toEqual(["bob"]);
    expect(authorsBrought(RELEASES, { from: "forgotten", release: view("r3") })).toEqual([
      ...["old", "ada", "bob", "cid"],
    ]);
    expect(authorsBrought(RELEASES, { from: "forgotten", release: view("gone") })).toEqual([
      ...["old", "ada", "bob", "cid"],
    ]);
  });

  it("is also who wrote its commits, and who pushed or made it, of one that is remembered no more", () => {
    const author = { name: "Grace Hopper", email: "grace@example.com" };
    const commits = [{ subscription: "code", commit: "c", subject: "", author, at: "", tickets: [] }];
    const by = { kind: "webhook", name: "grace-gh" } as const;
    expect(
      authorsBrought(RELEASES, { from: "r1", release: view("gone", { commits, by, authors: ["hidden"] }) }),
    ).toEqual([...["old", "hidden", "Grace Hopper", "grace@example.com", "grace-gh"]]);
  });
});

describe("a person", () => {
  it("is among authors by account, address and alias, in any letters and spelling of Unicode", () => {
    const ada = personOf("ada", { groups: [], email: "ada@example.com", aliases: ["Ada Lovelace", "Zoë"] });
    for (const name of ["ada", "ADA", " ada ", "Ada@Example.com", "ada lovelace", "Zoe\u0308"]) {
      expect(isAmong(ada, ["other", name])).toBe(true);
    }
    expect(isAmong(ada, ["adam", "ada@example.org", ""])).toBe(false);
    expect(isAmong(ada, [])).toBe(false);
  });

  it("is never among names that are nobody's of his", () => {
    fc.assert(
      fc.property(fc.array(fc.string().map((text) => `x${text}`)), (names) => {
        expect(isAmong(personOf("ada", undefined), names)).toBe(false);
      }),
    );
  });
});
