import { describe, expect, it, test } from "vitest";
import { showing } from "../../../adapters/git-providers/credentials.ts";
import { PULL_REQUEST_PROVIDERS } from "../../../adapters/git-providers/place.ts";

const noApp = () => Promise.reject(new Error("no app"));
const basic = (text: string): string => `Basic ${Buffer.from(text).toString("base64")}`;

test.each([
  ["github", undefined, "Bearer t0ken"],
  ["github", "octocat", "Bearer t0ken"],
  ["gitlab", "oauth2", "Bearer t0ken"],
  ["gitea", undefined, "token t0ken"],
  ["gitea", "ada", basic("ada:t0ken")],
  ["forgejo", "ada", basic("ada:t0ken")],
  ["bitbucket-cloud", "x-token-auth", "Bearer t0ken"],
  ["bitbucket-cloud", "ada@example.com", basic("ada@example.com:t0ken")],
  ["bitbucket-server", undefined, "Bearer t0ken"],
  ["bitbucket-server", "ada", basic("ada:t0ken")],
  ["azure-devops", undefined, basic(":t0ken")],
  ["azure-devops", "ada", basic("ada:t0ken")],
] as const)("%s is shown the token of %s as %s", async (provider, username, authorization) => {
  const credentials = { password: "t0ken", ...(username !== undefined && { username }) };
  const shown = await showing({ provider, base: "https://api.example" }, credentials, noApp);
  expect(shown.headers).toEqual({ authorization });
  // Everything that would give it away is known for masking.
  expect(shown.secrets).toContain("t0ken");
  expect(shown.secrets.some((secret) => authorization.includes(secret))).toBe(true);
});

describe("credentials", () => {
  it("of a GitHub App are its token for the installation", async () => {
    const githubApp = { appID: "1", installationID: "2", privateKey: "k", baseURL: "https://api.github.com" };
    const at = { provider: "github", base: "https://api.github.com" } as const;
    const shown = await showing(at, { githubApp }, async ({ appID }) => `ghs_${appID}`);
    expect(shown).toEqual({ headers: { authorization: "Bearer ghs_1" }, secrets: ["ghs_1"] });
  });

  test.each(PULL_REQUEST_PROVIDERS)("that hold no token are refused for %s with what to do", async (provider) => {
    for (const none of [undefined, {}, { username: "ada" }, { sshPrivateKey: "k" }, { password: "" }]) {
      await expect(showing({ provider, base: "https://api.example" }, none, noApp)).rejects.toMatchObject({
        ...{ code: "SourceForbidden", next: expect.stringContaining("access token") },
      });
    }
  });

  it("that can't stand in a header are refused without being repeated", async () => {
    const at = { provider: "gitea", base: "https://api.example" } as const;
    for (const bad of [{ password: "a\r\nx: y" }, { password: "s3cret", username: "a:b" }, { password: "ключ" }]) {
      const error = await showing(at, bad, noApp).catch((thrown: unknown) => thrown as Error);
      expect(error).toMatchObject({ code: "SourceForbidden" });
      expect((error as Error).message).not.toContain(bad.password);
    }
  });
});
