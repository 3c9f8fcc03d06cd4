import { describe, expect, it } from "vitest";
import { forges, KINDS, TOKEN } from "./world.ts";

describe.each(KINDS)("pull requests of $provider", (kind) => {
  const world = forges(kind);

  it("are opened for a pushed branch, followed, and merged by a real git: the merge is what the base branch is at", async () => {
    const { url, repository, mirrors, pullRequests, pushOverHttp, branch, asked } = await world();
    const pushed = await pushOverHttp("web/a.yaml", "a: 2\n");
    const opened = await pullRequests.open(asked);
    expect(opened).toMatchObject({
      ...{ provider: kind.provider, state: "Open", head: pushed.commit, branch, base: "main", complaints: [] },
      url: expect.stringMatching(/^https:\/\/.+\/1$/),
    });
    const { number } = opened;
    expect(await pullRequests.get({ repoURL: url, number })).toMatchObject({ state: "Open", head: pushed.commit });
    await pullRequests.merge({ repoURL: url, number, head: pushed.commit });
    const merged = await pullRequests.get({ repoURL: url, number });
    expect(merged).toMatchObject({ state: "Merged", mergeCommit: await repository.head() });
    expect(await mirrors.fetchRef(url, "refs/heads/main")).toBe(merged.mergeCommit);
    expect(await repository.read("web/a.yaml")).toBe("a: 2\n");
    expect(await pullRequests.merge({ repoURL: url, number, head: pushed.commit })).toEqual({ merged: true });
  });

  it("are opened once, however often they are asked for, and found again after somebody merged or closed them", async () => {
    const { forge, pullRequests, push, asked } = await world();
    await push("web/a.yaml", "a: 2\n");
    const [one, two] = [await pullRequests.open(asked), await pullRequests.open(asked)];
    expect(two.number).toBe(one.number);
    expect(forge.pulls).toHaveLength(1);
    expect(forge.pulls[0]).toMatchObject({ title: asked.title, body: asked.body });
    // Merged before it was written down: this one is it, and no second one is made for nothing.
    await forge.merge(forge.pulls[0]!, { style: "merge" });
    expect(await pullRequests.open(asked)).toMatchObject({ number: one.number, state: "Merged" });
  });

  it("are found among many others, which are left alone", async () => {
    const { forge, pullRequests, push, asked, branch } = await world();
    for (const other of ["one", "two", "three", "four", "five"]) {
      await push("web/b.yaml", `b: ${other}\n`, `${branch}-${other}`);
      await forge.open({ branch: `${branch}-${other}`, base: "main", title: other, body: "" });
    }
    await push("web/a.yaml", "a: 2\n");
    const mine = await forge.open({ branch, base: "main", title: "mine", body: "" });
    for (const other of ["six", "seven", "eight"]) {
      await push("web/b.yaml", `b: ${other}\n`, `${branch}-${other}`);
      await forge.open({ branch: `${branch}-${other}`, base: "main", title: other, body: "" });
    }
    expect(await pullRequests.open(asked)).toMatchObject({ number: (mine as { number: number }).number, branch });
    expect(forge.pulls).toHaveLength(9);
  });

  it("are never taken for those of a fork with a branch of the same name", async () => {
    const { forge, pullRequests, push, asked, branch } = await world();
    await push("web/a.yaml", "a: 2\n");
    for (let time = 0; time < 2; time += 1) {
      const foreign = await forge.open({ branch, base: "main", title: "from a fork", body: "" });
      Object.assign(foreign, { fork: true });
    }
    const opened = await pullRequests.open(asked);
    expect(opened.number).toBe(3);
    expect((await pullRequests.open(asked)).number).toBe(3);
  });

  it("are found by their base too, which may have a slash", async () => {
    const { repository, forge, pullRequests, push, asked, first, branch } = await world();
    await repository.git("branch", "release/1.x", first);
    await repository.git("branch", "next", first);
    await push("web/a.yaml", "a: 2\n");
    const numbers = [];
    for (const base of ["release/1.x", "next", "release/1.x", "next"]) {
      numbers.push((await pullRequests.open({ ...asked, base })).number);
    }
    expect(numbers).toEqual([1, 2, 1, 2]);
    expect(forge.pulls.map((pull) => [pull.branch, pull.base])).toEqual([
      [branch, "release/1.x"],
      [branch, "next"],
    ]);
  });

  it("are not merged while a check is missing, nor when git can't, nor when their branch moved since", async () => {
    const { url, repository, forge, pullRequests, push, asked, first } = await world();
    const { commit } = await push("web/a.yaml", "a: 2\n");
    const { number } = await pullRequests.open(asked);
    forge.blockedBy = 'Required status check "build" is expected.';
    const blocked = await pullRequests.merge({ repoURL: url, number, head: commit });
    expect(blocked).toEqual({ merged: false, why: expect.stringContaining("build") });
    forge.blockedBy = undefined;
    const moved = await push("web/b.yaml", "b: sneaked in\n");
    const other = await pullRequests.merge({ repoURL: url, number, head: commit });
    expect(other).toEqual({ merged: false, why: expect.stringContaining(moved.commit.slice(0, 12)) });
    expect(await repository.head()).toBe(first);
    await repository.commit({ "web/a.yaml": "a: 3\n" }, "in between");
    const conflict = await pullRequests.merge({ repoURL: url, number, head: moved.commit });
    expect(conflict).toEqual({ merged: false, why: expect.stringMatching(/\w/) });
    expect((await pullRequests.get({ repoURL: url, number })).state).toBe("Open");
  });

  it("are closed with a comment, once; one that was merged meanwhile is told as merged", async () => {
    const { url, forge, pullRequests, push, asked, branch } = await world();
    const { commit } = await push("web/a.yaml", "a: 2\n");
    const { number } = await pullRequests.open(asked);
    const comment = "Closed by Sluice: a newer release takes its place.";
    for (let time = 0; time < 2; time += 1) {
      expect(await pullRequests.close({ repoURL: url, number, comment })).toMatchObject({ state: "Closed", number });
    }
    expect(forge.pulls[0]!.comments.map(({ body }) => body)).toEqual([expect.stringContaining(comment)]);
    expect(await pullRequests.merge({ repoURL: url, number, head: commit })).toEqual({
      ...{ merged: false, why: "it was closed" },
    });
    await push("web/b.yaml", "b: 2\n", `${branch}-2`);
    const second = await pullRequests.open({ ...asked, branch: `${branch}-2` });
    await forge.merge(forge.find(second.number)!);
    const found = await pullRequests.close({ repoURL: url, number: second.number, comment });
    expect(found).toMatchObject({ state: "Merged", mergeCommit: await forge.commitOf("main") });
    expect(forge.find(second.number)!.comments).toEqual([]);
  });

  it("have one comment a key, which is changed in its place, among those of others", async () => {
    const { url, forge, pullRequests, push, asked } = await world();
    await push("web/a.yaml", "a: 2\n");
    const { number } = await pullRequests.open(asked);
    const [pull] = forge.pulls;
    for (const text of ["hello", "an answer", "one more", "and one"]) forge.comment(pull!, text);
    const told = (key: string, body: string) => pullRequests.comment({ repoURL: url, number, key, body });
    await told("shop/prod", "Waits for approval.");
    await told("shop/prod", "Waits for approval.");
    await told("shop/prod", "Promoted.");
    await told("shop/prod-eu", "Waits.");
    forge.comment(pull!, `> ${pull!.comments[4]!.body}\n\nis what it said`);
    await told("shop/prod", "Rolled back.");
    const bodies = pull!.comments.map(({ body }) => body);
    expect(bodies).toHaveLength(7);
    expect(bodies.slice(0, 4)).toEqual(["hello", "an answer", "one more", "and one"]);
    expect(bodies[4]).toMatch(/^Rolled back\.\n\n.*sluice: shop\/prod\b/);
    expect(bodies[5]).toContain("Waits.");
    // Said twice with nothing new, it is not written again.
    expect(pull!.comments[4]!.version).toBe(2);
  });

  it("leave no branch behind; one that is gone is no error", async () => {
    const { url, forge, pullRequests, push, branch } = await world();
    await push("web/a.yaml", "a: 2\n");
    await push("web/a.yaml", "a: 3\n", `${branch}-longer`);
    await pullRequests.deleteBranch({ repoURL: url, branch });
    await pullRequests.deleteBranch({ repoURL: url, branch });
    expect(await forge.commitOf(branch)).toBeUndefined();
    expect(await forge.commitOf(`${branch}-longer`)).toMatch(/^[0-9a-f]{40}$/);
  });

  it("have the labels and reviewers that the provider knows, and complain of the others without failing", async () => {
    const { forge, pullRequests, push, asked } = await world();
    await push("web/a.yaml", "a: 2\n");
    const opened = await pullRequests.open({ ...asked, labels: ["promotion"], reviewers: [kind.reviewer] });
    expect(forge.pulls[0]!.reviewers).toEqual([kind.reviewer]);
    expect(forge.pulls[0]!.labels).toEqual(kind.labels ? ["promotion"] : []);
    expect(opened.complaints).toHaveLength(kind.labels ? 0 : 1);
    const second = await world();
    await second.push("web/a.yaml", "a: 2\n");
    const complained = await second.pullRequests.open({ ...second.asked, reviewers: ["nobody"] });
    expect(complained).toMatchObject({ number: 1, state: "Open", complaints: [expect.stringMatching(/\w/)] });
    expect(second.forge.pulls[0]!.reviewers).toEqual([]);
  });

  it("are refused with what the provider says, and never with the token", async () => {
    const { forge, pullRequests, url, asked } = await world();
    const error = await pullRequests
      .open({ ...asked, branch: "sluice/shop/prod/nowhere" })
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: expect.stringMatching(/^(InvalidInput|NotFound)$/) });
    expect((error as Error).message).toMatch(/did not open the (pull|merge) request: .{4}/);
    await expect(pullRequests.get({ repoURL: url, number: 77 })).rejects.toMatchObject({ code: "NotFound" });
    expect(JSON.stringify([error, (error as Error).message])).not.toContain(TOKEN);
    expect(forge.pulls).toEqual([]);
  });

  it("are not asked for again while the provider says to wait, and then they are", async () => {
    const clock = { now: Date.parse("2026-01-01T00:00:00Z") };
    const { api, pullRequests, push, asked } = await world({ clock });
    await push("web/a.yaml", "a: 2\n");
    api.next.push({ status: 429, headers: { "retry-after": "120" }, body: { message: "Too many requests" } });
    await expect(pullRequests.open(asked)).rejects.toMatchObject({
      ...{ code: "SourceUnavailable", message: expect.stringContaining("2026-01-01T00:02:00.000Z") },
    });
    clock.now += 100_000;
    await expect(pullRequests.open(asked)).rejects.toMatchObject({ code: "SourceUnavailable" });
    expect(api.asked).toHaveLength(1);
    clock.now += 21_000;
    expect(await pullRequests.open(asked)).toMatchObject({ number: 1 });
  }, 20_000);
});

describe.each(KINDS)("commit statuses of $provider", (kind) => {
  const world = forges(kind);
  const status = {
    context: "sluice/shop/prod-eu-central-with-a-name-that-is-longer-than-forty",
    description: "x".repeat(400),
    url: "https://sluice.example/pipelines/shop/promotions/prod-1",
  };

  it.each(["pending", "success", "failure", "error"] as const)("say %s in the provider's words", async (state) => {
    const { url, forge, pullRequests, first } = await world();
    for (let time = 0; time < 2; time += 1) {
      await pullRequests.commitStatus({ repoURL: url, commit: first, state, ...status });
    }
    expect(forge.statuses.length).toBeGreaterThan(0);
    const said = JSON.stringify(forge.statuses.at(-1)).toLowerCase();
    expect(said).toContain(first);
    expect(said).toMatch(WORDS[state]);
    expect(said).toContain(status.context);
    expect(said).toContain("…");
  });

  it("are for a full commit id and a web page", async () => {
    const { url, pullRequests, first, api } = await world();
    const of = { repoURL: url, state: "success" as const, ...status };
    await expect(pullRequests.commitStatus({ ...of, commit: "main" })).rejects.toMatchObject({ code: "InvalidInput" });
    const script = pullRequests.commitStatus({ ...of, commit: first, url: "javascript:alert(1)" });
    await expect(script).rejects.toMatchObject({ code: "InvalidInput" });
    expect(api.asked).toEqual([]);
  });
});

const WORDS = {
  pending: /"(pending|inprogress)"/,
  success: /"(success|successful|succeeded)"/,
  failure: /"(failure|failed)"/,
  error: /"(error|failed|stopped)"/,
};
