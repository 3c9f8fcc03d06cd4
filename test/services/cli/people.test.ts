import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { DIFF, waitingPromotion } from "../api/waiting-promotion.ts";
import { TOKEN } from "../api/instance.ts";
import { cli } from "./cli.ts";

async function open() {
  const instance = await waitingPromotion();
  await instance.app.listen({ host: "127.0.0.1", port: 0 });
  const { port } = instance.app.server.address() as AddressInfo;
  const server = `http://127.0.0.1:${port}`;
  const sluice = (line: string | string[], token = TOKEN, ask?: (question: string) => Promise<boolean>) =>
    cli(typeof line === "string" ? line.split(" ") : line, {
      env: { SLUICE_SERVER: server, SLUICE_TOKEN: token },
      ...(ask && { ask }),
    });
  return { ...instance, server, sluice };
}

let at: Awaited<ReturnType<typeof open>>;
let ada: string;
beforeEach(async () => {
  at = await open();
  ada = await at.tokenOf("ada");
});
afterEach(() => at.app.close());

describe("sluice approve and reject", () => {
  it("show what changes, are bound to it, and say who decided where", async () => {
    const { code, out, err } = await at.sluice(["approve", "prod-1", "-m", "checked", "--yes"], ada);
    expect({ code, out }).toEqual({ code: 0, out: "promotion/prod-1 approved by ada at gate sign-off\n" });
    expect(err).toContain("1 created, 1 changed, 4 unchanged, in 1 application");
    expect(err).toContain("takes 2 different people");
    expect(at.decided[0]?.decision).toMatchObject({
      verdict: "approve",
      comment: "checked",
      via: "cli",
      binding: { diff: DIFF },
    });
    const no = await at.sluice(["reject", "prod-1", "--reason", "slow", "-y", "-o", "json"], ada);
    expect(JSON.parse(no.out)).toMatchObject({ verdict: "reject", by: "ada", promotion: "prod-1" });
    expect(at.decided[1]?.decision).toMatchObject({ verdict: "reject", comment: "slow" });
  });

  it("without a name mean the only promotion that waits for an approval", async () => {
    expect((await at.sluice("approve --yes", ada)).out).toContain("promotion/prod-1 approved");
    at.view({ gates: [] });
    const none = await at.sluice("approve --yes", ada);
    expect(none).toMatchObject({ code: 4, err: expect.stringContaining("No promotion waits for an approval") });
  });

  it("ask a person, take no for an answer, and decide nothing where nobody can be asked", async () => {
    const asked: string[] = [];
    const answering = (answer: boolean) => async (question: string) => {
      asked.push(question);
      return answer;
    };
    expect((await at.sluice("approve prod-1", ada)).code).toBe(2);
    expect((await at.sluice("approve prod-1", ada, answering(false))).code).toBe(2);
    expect(at.decided).toEqual([]);
    expect((await at.sluice("approve prod-1", ada, answering(true))).code).toBe(0);
    expect(asked[0]).toMatch(/^Approve brave-.* in shop\/prod\?$/);
    expect((await at.sluice("reject prod-1 --yes", ada)).code).toBe(2);
  });

  it("by somebody who is not asked, or while the difference is unknown, say so and what to do", async () => {
    const eve = await at.sluice("approve prod-1 --yes", await at.tokenOf("eve"));
    expect(eve).toMatchObject({ code: 6, err: expect.stringContaining("group sre") });
    at.view({ difference: undefined });
    const early = await at.sluice("approve prod-1 --yes", ada);
    expect(early).toMatchObject({ code: 5, err: expect.stringContaining("sluice why prod-1") });
  });
});

describe("sluice approval-link create", () => {
  it("prints the address of a page alone, and says whose it is", async () => {
    const { code, out, err } = await at.sluice("approval-link create prod-1 --for ada --expires-in 2h");
    expect(code).toBe(0);
    expect(out).toMatch(new RegExp(`^${at.server}/approvals/[\\w-]+\n$`));
    expect(err).toContain(
      "Whoever has this link decides as ada at gate sign-off, once, until 2026-01-01T02:00:00.000Z.",
    );
    expect((await fetch(out.trim())).status).toBe(200);
    expect((await at.sluice("approval-link create prod-1 --for bob", ada)).code).toBe(6);
  });
});

describe("sluice account and whoami", () => {
  it("a token is printed alone, is listed without it, works, and is taken back", async () => {
    const made = await at.sluice("account token ada --expires-in 24h --description laptop");
    expect(made.out).toMatch(/^sluice_ada_\w{10}_[\w-]{43}\n$/);
    const token = made.out.trim();
    const id = token.split("_")[2]!;
    expect(made.err).toContain(`sluice account revoke ada ${id}`);
    const listed = await at.sluice("account list ada");
    expect(listed.out).toMatch(new RegExp(`ada +viewer +sre +${id} +2026-01-02T00:00:00.000Z +laptop`));
    expect(listed.out).not.toContain(token.slice(-20));
    expect((await at.sluice("whoami", token)).out).toBe(
      `Account:  ada\nRole:     viewer\nGroups:   sre\nToken:    token ${id}, until 2026-01-02T00:00:00.000Z\n`,
    );
    expect((await at.sluice(`account revoke ada ${id}`)).out).toBe(`account/ada: token ${id} is taken no more\n`);
    expect((await at.sluice("whoami", token)).code).toBe(6);
    expect((await at.sluice("whoami")).out).toContain("the server's own token");
  });

  it("accounts without a token are listed too; what is not allowed names the role", async () => {
    const { out } = await at.sluice("account list");
    expect(out).toMatch(/boss +admin +- +-/);
    const refused = await at.sluice("account token bob", ada);
    expect(refused).toMatchObject({
      code: 6,
      err: expect.stringContaining("It takes the role admin, and the account ada has viewer"),
    });
    expect(refused.err).toContain("spec.role of Account ada");
  });
});
