import { createVerify, generateKeyPairSync } from "node:crypto";
import { describe, expect, it } from "vitest";
import { createGithubAppTokens } from "../../../adapters/git/github-app.ts";

const { privateKey, publicKey } = generateKeyPairSync("rsa", {
  modulusLength: 2048,
  privateKeyEncoding: { type: "pkcs1", format: "pem" },
  publicKeyEncoding: { type: "spki", format: "pem" },
});
const APP = { appID: "12", installationID: "345", privateKey, baseURL: "https://api.github.com" };
const START = Date.parse("2026-01-01T00:00:00Z");

/** A GitHub that takes nothing but what its documentation asks for. */
function strictGithub(clock: { now: number }, answer?: () => Response) {
  const asked: string[] = [];
  const fetched = async (input: string, init?: RequestInit): Promise<Response> => {
    const url = input;
    asked.push(url);
    const headers = new Headers(init?.headers);
    const fail = (message: string) => new Response(JSON.stringify({ message }), { status: 401 });
    if (url !== "https://api.github.com/app/installations/345/access_tokens" || init?.method !== "POST")
      return new Response("", { status: 404 });
    if (headers.get("accept") !== "application/vnd.github+json" || !headers.get("user-agent")) return fail("headers");
    const [header, claims, signature] = (headers.get("authorization") ?? "").replace("Bearer ", "").split(".") as [
      string,
      string,
      string,
    ];
    const decoded = (part: string) => JSON.parse(Buffer.from(part, "base64url").toString()) as Record<string, unknown>;
    const { iat, exp, iss } = decoded(claims) as { iat: number; exp: number; iss: string };
    if (decoded(header)["alg"] !== "RS256" || iss !== "12") return fail("claims");
    const seconds = clock.now / 1_000;
    if (iat > seconds || exp <= seconds || exp - iat > 600) return fail("times");
    const verified = createVerify("RSA-SHA256").update(`${header}.${claims}`).verify(publicKey, signature, "base64url");
    if (!verified) return fail("signature");
    if (answer) return answer();
    const expires = new Date(clock.now + 3_600_000).toISOString();
    return new Response(JSON.stringify({ token: `ghs_${asked.length}`, expires_at: expires }), { status: 201 });
  };
  return { asked, fetch: fetched as unknown as typeof fetch };
}

describe("installation tokens", () => {
  it("are asked for with a signed token, kept, and renewed before they expire", async () => {
    const clock = { now: START };
    const github = strictGithub(clock);
    const tokenOf = createGithubAppTokens({ fetch: github.fetch, now: () => clock.now });
    expect(await tokenOf(APP)).toBe("ghs_1");
    clock.now += 50 * 60_000;
    expect(await tokenOf(APP)).toBe("ghs_1");
    clock.now += 6 * 60_000;
    expect(await tokenOf(APP)).toBe("ghs_2");
    expect(github.asked).toHaveLength(2);
  });

  it("are not kept when they could not be had", async () => {
    const clock = { now: START };
    let status = 503;
    const github = strictGithub(clock, () =>
      status === 503
        ? new Response("", { status })
        : new Response(JSON.stringify({ token: "t", expires_at: "2026-01-01T01:00:00Z" }), { status }),
    );
    const tokenOf = createGithubAppTokens({ fetch: github.fetch, now: () => clock.now });
    await expect(tokenOf(APP)).rejects.toMatchObject({ code: "SourceUnavailable" });
    status = 201;
    expect(await tokenOf(APP)).toBe("t");
  });

  it.each([
    [
      "another key's signature",
      {
        privateKey: generateKeyPairSync("rsa", {
          modulusLength: 2048,
          privateKeyEncoding: { type: "pkcs8", format: "pem" },
          publicKeyEncoding: { type: "spki", format: "pem" },
        }).privateKey,
      },
      "SourceForbidden",
    ],
    ["a key that is none", { privateKey: "canary-key" }, "SourceForbidden"],
    ["another app", { appID: "13" }, "SourceForbidden"],
    ["a plain http address", { baseURL: "http://api.github.com" }, "SourceRefused"],
    ["an installation that is a path", { installationID: "1/../2" }, "SourceRefused"],
  ])("refused: %s", async (_name, change, code) => {
    const clock = { now: START };
    const tokenOf = createGithubAppTokens({ fetch: strictGithub(clock).fetch, now: () => clock.now });
    const error = await tokenOf({ ...APP, ...change }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code });
    expect(String(error)).not.toContain("canary-key");
  });

  it.each([
    "{}",
    "not json",
    '{"token": "a\\nb", "expires_at": "2026-01-01T01:00:00Z"}',
    '{"token": "t", "expires_at": "soon"}',
  ])("an answer %j is no token", async (body) => {
    const clock = { now: START };
    const tokenOf = createGithubAppTokens({
      fetch: strictGithub(clock, () => new Response(body, { status: 201 })).fetch,
      now: () => clock.now,
    });
    await expect(tokenOf(APP)).rejects.toMatchObject({ code: "SourceUnavailable" });
  });
});
