import { describe, expect, it } from "vitest";
import { DIFF, MARKUP, PROMOTION_PATH, RELEASE, waitingPromotion } from "./waiting-promotion.ts";

const HOUR = 3_600_000;

describe("a one-time link", () => {
  it("shows the difference and two buttons, and decides only when it is posted from there", async () => {
    const { linkFor, show, post, confirmationOf, decided } = await waitingPromotion();
    const path = await linkFor("ada");
    const shown = await show(path);
    expect(shown.statusCode).toBe(200);
    for (const text of ["stage prod", "1 created", "You decide as", "ada", "Approve", "Reject"])
      expect(shown.body).toContain(text);
    expect(decided).toEqual([]);
    const answer = await post(path, {
      confirmation: await confirmationOf(path),
      verdict: "approve",
      comment: " fine ",
    });
    expect(answer.statusCode).toBe(200);
    expect(answer.body).toContain("It takes 2 different people");
    expect(decided).toEqual([
      {
        ...{ pipeline: "shop", stage: "prod" },
        decision: {
          ...{ promotion: "prod-1", gate: "sign-off", verdict: "approve", via: "link", linkBy: "admin" },
          ...{ comment: "fine", earlier: 0 },
          ...{ binding: { release: RELEASE, diff: DIFF }, by: { kind: "user", name: "ada" }, groups: ["sre"] },
        },
      },
    ]);
  });

  it("decides nothing however often it is got, looked at or followed by a machine", async () => {
    const { app, linkFor, decided } = await waitingPromotion();
    const path = await linkFor("ada");
    for (const method of ["GET", "HEAD", "GET", "OPTIONS", "PUT", "DELETE", "PATCH"] as const) {
      for (const url of [path, `${path}?verdict=approve`, `${path}/`]) {
        await app.inject({ method, url, headers: { purpose: "prefetch", "sec-purpose": "prefetch" } });
      }
    }
    expect(decided).toEqual([]);
  });

  it("changed in any character, cut, or made of others is none", async () => {
    const { linkFor, show, post, confirmationOf, decided, seals } = await withSeals();
    const path = await linkFor("ada");
    const other = await linkFor("bob");
    const confirmation = await confirmationOf(path);
    const token = path.slice("/approvals/".length);
    const half = Math.floor(token.length / 2);
    const forged = [
      ...Array.from(token, (sign, at) => `${token.slice(0, at)}${sign === "A" ? "B" : "A"}${token.slice(at + 1)}`),
      ...["", "x", token.slice(1), token.slice(0, -1), `${token}A`, `${token}==`, "A".repeat(500), "A".repeat(10_000)],
      token.slice(0, half) + other.slice("/approvals/".length).slice(half),
      // Sealed by the same keyring, for something else.
      Buffer.from(seals.seal("approval-form", "x", "x").slice(10), "base64").toString("base64url"),
      Buffer.from(seals.seal("cluster", '["shop","prod-1"]', "cluster").slice(10), "base64").toString("base64url"),
      ...["%2e%2e%2f", "../admin", "%00", "<script>alert(1)</script>"],
    ];
    for (const one of forged) {
      const shown = await show(`/approvals/${one}`);
      const answer = await post(`/approvals/${one}`, { confirmation, verdict: "approve" });
      expect({ one, shown: shown.statusCode >= 400, posted: answer.statusCode >= 400 }).toEqual({
        one,
        shown: true,
        posted: true,
      });
      expect(shown.body + answer.body).not.toContain("<script>");
    }
    expect(decided).toEqual([]);
  });

  it("counts no more once it expired, was used, its promotion ended, or what it is about changed", async () => {
    const { linkFor, show, post, confirmationOf, decided, view, pass } = await waitingPromotion();
    const path = await linkFor("ada", { expiresIn: "2h" });
    const confirmation = await confirmationOf(path);
    const dead = async (why: string) => {
      const shown = await show(path);
      const answer = await post(path, { confirmation, verdict: "approve" });
      for (const { statusCode, body } of [shown, answer])
        expect({ statusCode, body }).toMatchObject({ statusCode: 409, body: expect.stringContaining(why) });
    };
    const approval = { gate: "sign-off", binding: { release: RELEASE, diff: DIFF }, groups: [], via: "link", at: "" };
    const by = { kind: "user", name: "ada" } as const;
    view({ approvals: [{ ...approval, by }] });
    await dead("used already");
    // Also when the approval itself has ended since.
    view({ approvals: [{ ...approval, by, voided: "Expired" }] });
    await dead("used already");
    view({ approvals: [{ ...approval, by: { ...by, name: "bob" } }] });
    expect((await show(path)).statusCode).toBe(200);
    view({ phase: "Ended", result: "Aborted" });
    await dead("Aborted");
    view({
      difference: {
        digest: "e".repeat(64),
        blob: DIFF,
        counts: { applications: 0, created: 0, changed: 0, deleted: 0, unchanged: 0 },
        at: "",
      },
    });
    await dead("not what it was");
    view({});
    pass(2 * HOUR - 1);
    expect((await show(path)).statusCode).toBe(200);
    pass(1);
    await dead("expired");
    expect(decided).toEqual([]);
  });

  it("is one person's: with another's token it is refused, and it never says anybody else's word", async () => {
    const { linkFor, show, post, confirmationOf, decided, tokenOf } = await waitingPromotion();
    const path = await linkFor("ada");
    const confirmation = await confirmationOf(path);
    const headers = { authorization: `Bearer ${await tokenOf("bob")}` };
    expect((await show(path, headers)).statusCode).toBe(403);
    expect((await post(path, { confirmation, verdict: "approve" }, headers)).statusCode).toBe(403);
    expect((await post(path, { confirmation, verdict: "approve", person: "bob" })).statusCode).toBe(403);
    expect(decided).toEqual([]);
    await post(path, { confirmation, verdict: "approve" }, { authorization: `Bearer ${await tokenOf("ada")}` });
    expect(decided.map(({ decision }) => decision.by.name)).toEqual(["ada"]);
  });

  it("is posted from its own page only: no other site, no other link's form, no other content", async () => {
    const { app, linkFor, post, confirmationOf, decided } = await waitingPromotion();
    const path = await linkFor("ada");
    const confirmation = await confirmationOf(path);
    const others = await confirmationOf(await linkFor("bob"));
    const fields = { confirmation, verdict: "approve" };
    const refused = [
      ...[{ "sec-fetch-site": "cross-site" }, { "sec-fetch-site": "same-site" }, { "sec-fetch-site": "none" }],
      ...[{ origin: "https://evil.example", host: "sluice.example" }, { origin: "null" }],
    ];
    for (const headers of refused) expect((await post(path, fields, headers)).statusCode).toBe(403);
    for (const wrong of [
      { verdict: "approve" },
      { ...fields, confirmation: others },
      { ...fields, verdict: "maybe" },
      { confirmation },
    ]) {
      expect((await post(path, wrong as Record<string, string>)).statusCode).toBe(403);
    }
    const json = { method: "POST" as const, url: path, payload: fields };
    expect((await app.inject({ ...json, headers: { "content-type": "application/json" } })).statusCode).toBe(415);
    expect((await app.inject({ ...json, payload: "", headers: {} })).statusCode).toBe(403);
    expect((await post(path, { ...fields, comment: "x".repeat(20_000) })).statusCode).toBe(413);
    expect((await post(path, { ...fields, comment: "\u202eevil" })).statusCode).toBe(422);
    expect(decided).toEqual([]);
    const own = { "sec-fetch-site": "same-origin", origin: "https://sluice.example", host: "sluice.example" };
    expect((await post(path, fields, own)).statusCode).toBe(200);
  });

  it("shows text of others as text, and brings no script, frame, other server or copy", async () => {
    const { linkFor, show } = await waitingPromotion();
    const { body, headers } = await show(await linkFor("ada"));
    expect(body).not.toContain(MARKUP);
    expect(body).not.toMatch(/<script|<img|onerror=alert\(1\)>|\u202e/);
    expect(body).toContain("&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;");
    expect(headers).toMatchObject({
      ...{ "cache-control": "no-store", "x-frame-options": "DENY", "x-content-type-options": "nosniff" },
      ...{ "referrer-policy": "same-origin", "content-type": "text/html; charset=utf-8" },
      "content-security-policy": expect.stringMatching(
        /^default-src 'none'; style-src 'sha256-[^']+'; form-action 'self'; frame-ancestors 'none'/,
      ),
    });
  });

  it("stands in no log, metric or event", async () => {
    const { linkFor, show, post, confirmationOf, logged, metrics, events, ports } = await waitingPromotion();
    const path = await linkFor("ada");
    const token = path.slice("/approvals/".length);
    const confirmation = await confirmationOf(path);
    await post(path, { confirmation, verdict: "approve" });
    ports.decide = async () => {
      throw new Error("broken inside");
    };
    const failed = await post(path, { confirmation, verdict: "approve" });
    expect(failed.statusCode).toBe(500);
    expect(failed.body).not.toContain("broken");
    ports.blobs.getJson = async () => {
      throw new Error("no blob");
    };
    await show(path);
    expect(logged.join("")).toContain("broken inside");
    const kept = logged.join("") + (await metrics.metrics()) + JSON.stringify(events);
    expect(kept).not.toContain(token.slice(0, 40));
    expect(kept).not.toContain(confirmation);
  });
});

/** With the keyring, to seal other things. */
async function withSeals() {
  const at = await waitingPromotion();
  return { ...at, seals: at.ports.seals };
}

describe("making a link", () => {
  it("is for oneself; for others it takes an administrator, and for a gate that asks", async () => {
    const { as, call } = await waitingPromotion();
    const path = `${PROMOTION_PATH}/approval-links`;
    expect((await as("ada", path, {})).body).toMatchObject({ person: "ada", gate: "sign-off" });
    expect((await as("bob", path, { person: "ada" })).status).toBe(403);
    expect((await as("boss", path, { person: "ada" })).status).toBe(200);
    expect((await as("eve", path, {})).status).toBe(403);
    expect((await call("POST", path, { person: "nobody" })).status).toBe(404);
    expect((await call("POST", path, { person: "ada", gate: "none" })).status).toBe(404);
  });
});

describe("approve and reject", () => {
  it("are by the account, for exactly what was seen, with its groups of now", async () => {
    const { as, decided } = await waitingPromotion();
    expect((await as("ada", `${PROMOTION_PATH}/approve`, { difference: DIFF, via: "cli" })).body).toMatchObject({
      ...{ gate: "sign-off", by: "ada", required: 2, changed: true, sequence: 7 },
    });
    await as("bob", "/pipelines/shop/promotions/prod/reject", { reason: "no" });
    expect(
      decided.map(({ decision }) => [decision.by.name, decision.verdict, decision.via, decision.binding.diff]),
    ).toEqual([
      ["ada", "approve", "cli", DIFF],
      ["bob", "reject", "api", DIFF],
    ]);
  });

  it("come to no workflow where they were said before, have ended, or are not that person's", async () => {
    const { as, decided, view, pass } = await waitingPromotion();
    const approve = async (name: string, more: object = {}) =>
      await as(name, `${PROMOTION_PATH}/approve`, { difference: DIFF, ...more });
    const given = { gate: "sign-off", binding: { release: RELEASE, diff: DIFF }, groups: [], via: "api", at: "" };
    const by = { kind: "user", name: "ada" } as const;
    view({ approvals: [{ ...given, by, expiresAt: "2026-01-01T01:00:00Z" }] });
    expect((await approve("ada")).body).toMatchObject({ changed: false, sequence: 2, by: "ada" });
    expect((await approve("eve", { gate: "sign-off" })).status).toBe(403);
    view({ approvals: [], phase: "Ended", result: "Aborted" });
    expect(await approve("ada")).toMatchObject({ status: 409 });
    view({ phase: "Ended", result: "Failed", rejected: { gate: "sign-off", by, reason: "no", at: "" } });
    expect((await as("ada", `${PROMOTION_PATH}/reject`, { reason: "no" })).body).toMatchObject({ changed: false });
    expect(decided).toEqual([]);
    // What does not count, or not any more, is the ledger's to judge.
    for (const more of [
      { expiresAt: "2026-01-01T00:00:00Z" },
      { voided: "Expired" },
      { binding: { release: RELEASE, diff: "e".repeat(64) } },
    ]) {
      view({ approvals: [{ ...given, by, ...more }] });
      expect((await approve("ada")).body).toMatchObject({ changed: true });
    }
    view({ approvals: [{ ...given, by, expiresAt: "2026-01-01T01:00:00Z" }] });
    pass(HOUR);
    expect((await approve("ada")).body).toMatchObject({ changed: true });
    expect(decided).toHaveLength(4);
  });

  it("are refused without the digest that was seen, a reason, or a gate that asks", async () => {
    const { as, decided } = await waitingPromotion();
    expect((await as("ada", `${PROMOTION_PATH}/approve`, {})).status).toBe(422);
    expect((await as("ada", `${PROMOTION_PATH}/approve`, { difference: DIFF, via: "link" })).status).toBe(422);
    expect((await as("ada", `${PROMOTION_PATH}/reject`, {})).status).toBe(422);
    expect((await as("eve", `${PROMOTION_PATH}/approve`, { difference: DIFF })).status).toBe(403);
    expect((await as("ada", "/pipelines/shop/promotions/none/approve", { difference: DIFF })).status).toBe(404);
    expect(decided).toEqual([]);
  });
});
