import fc from "fast-check";
import { createHmac } from "node:crypto";
import { describe, expect, test } from "vitest";
import { PROVIDERS, REGISTRY_PROVIDERS, type Provider } from "../../../schemas/providers.ts";
import { isAuthentic, type SignatureRule } from "../../../services/gateway/signature.ts";
import { sign, SECRET } from "./signing.ts";

const NOW = 1_700_000_000_000;
const body = Buffer.from('{"ref":"refs/heads/main"}');
const rule = (provider: Provider, more: Partial<SignatureRule> = {}): SignatureRule => ({
  provider,
  secret: SECRET,
  allowUnsigned: false,
  ...more,
});
const check = (
  of: SignatureRule,
  headers: Record<string, string>,
  more: { body?: Buffer; now?: number; known?: boolean } = {},
): boolean =>
  isAuthentic(of, more.known ?? true, {
    headers,
    body: more.body ?? body,
    now: more.now ?? NOW,
    replayWindowMs: 300_000,
  });

describe.each(PROVIDERS)("%s", (provider) => {
  const headers = sign(provider, body);
  const [header, value] = Object.entries(headers)[0]!;

  test("right", () => expect(check(rule(provider), headers)).toBe(true));
  test("missing", () => expect(check(rule(provider), {})).toBe(false));
  test("empty", () => expect(check(rule(provider), { [header]: "" })).toBe(false));
  test("with another secret", () => expect(check(rule(provider, { secret: "other" }), headers)).toBe(false));
  test("truncated anywhere", () => {
    const lengths = fc.integer({ min: 0, max: value.length - 1 });
    // Base64 may lose its padding and still be the same bytes.
    const whole = (text: string) =>
      headers[header]!.startsWith("Basic ") && Buffer.from(text.slice(6), "base64").includes(SECRET);
    fc.assert(
      fc.property(lengths, (length) => {
        const cut = value.slice(0, length);
        fc.pre(!whole(cut));
        expect(check(rule(provider), { [header]: cut })).toBe(false);
      }),
    );
  });
  test("right, but the receiver has no secret", () => {
    const { secret: _, ...bare } = rule(provider);
    expect(check(bare, headers)).toBe(false);
    expect(check({ ...bare, secret: "" }, sign(provider, body, ""))).toBe(false);
  });
  test("right, but there is no receiver", () => expect(check(rule(provider), headers, { known: false })).toBe(false));
  test("unsigned where that is allowed by name", () => {
    expect(check(rule(provider, { allowUnsigned: true }), {})).toBe(true);
    expect(check(rule(provider, { allowUnsigned: true }), {}, { known: false })).toBe(false);
  });
  test("wrong stays wrong where unsigned is allowed", () => {
    expect(check(rule(provider, { allowUnsigned: true }), { [header]: "sha256=00" })).toBe(false);
  });
});

/** What is not made over the body: the secret itself, in a header. */
const SHOWN: readonly Provider[] = ["gitlab", "azure-devops", ...REGISTRY_PROVIDERS];

describe.each(PROVIDERS.filter((each) => !SHOWN.includes(each)))("%s", (provider) => {
  test("covers every byte of the body", () => {
    const headers = sign(provider, body);
    fc.assert(
      fc.property(fc.nat(body.length - 1), fc.integer({ min: 1, max: 255 }), (at, by) => {
        const changed = Buffer.from(body);
        changed[at] = changed[at]! ^ by;
        expect(check(rule(provider), headers, { body: changed })).toBe(false);
      }),
    );
  });
});

test("SHA-1 is not taken for SHA-256", () => {
  const sha1 = `sha1=${createHmac("sha1", SECRET).update(body).digest("hex")}`;
  expect(check(rule("github"), { "x-hub-signature": sha1 })).toBe(false);
  expect(check(rule("bitbucket-cloud"), { "x-hub-signature": sha1 })).toBe(false);
});

test("Forgejo and Gitea also sign as GitHub does, and a wrong header of their own is not made good by it", () => {
  const hub = sign("github", body);
  for (const provider of ["gitea", "forgejo"] as const) {
    expect(check(rule(provider), hub)).toBe(true);
    expect(check(rule(provider), { ...hub, "x-gitea-signature": "00" })).toBe(false);
  }
  expect(check(rule("gogs"), hub)).toBe(false);
});

test("Azure DevOps compares the name where one is configured", () => {
  const headers = sign("azure-devops", body);
  expect(check(rule("azure-devops", { username: "hook" }), headers)).toBe(true);
  expect(check(rule("azure-devops", { username: "other" }), headers)).toBe(false);
});

describe("a generic timestamp", () => {
  const at = String(NOW / 1_000);
  const signed = (timestamp: string) => ({
    "x-sluice-timestamp": timestamp,
    "x-sluice-signature": `sha256=${createHmac("sha256", SECRET).update(`${timestamp}.`).update(body).digest("hex")}`,
  });

  test("is part of what is signed", () => {
    expect(check(rule("generic"), signed(at))).toBe(true);
    expect(check(rule("generic"), { ...signed(at), "x-sluice-timestamp": String(NOW / 1_000 + 1) })).toBe(false);
    expect(check(rule("generic"), { ...sign("generic", body), "x-sluice-timestamp": at })).toBe(false);
  });

  test("must be recent", () => {
    expect(check(rule("generic"), signed(at), { now: NOW + 299_000 })).toBe(true);
    expect(check(rule("generic"), signed(at), { now: NOW + 301_000 })).toBe(false);
    expect(check(rule("generic"), signed(at), { now: NOW - 301_000 })).toBe(false);
  });

  test.each(["", "soon", "1e9", "-1", "99999999999999"])("%j is none", (timestamp) => {
    expect(check(rule("generic"), signed(timestamp))).toBe(false);
  });
});
