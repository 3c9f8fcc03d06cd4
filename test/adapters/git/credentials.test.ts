import { mkdtemp, readdir, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { gitAddress } from "../../../adapters/git/address.ts";
import { prepareAccess } from "../../../adapters/git/credentials.ts";
import type { RepositoryCredentials } from "../../../schemas/kinds/repository.ts";

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "sluice access-"));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

const access = (url: string, credentials: RepositoryCredentials | undefined) =>
  prepareAccess(gitAddress(url), credentials, { dir, githubToken: async ({ appID }) => `token-of-${appID}` });
const basic = (text: string) => `Authorization: Basic ${Buffer.from(text).toString("base64")}`;

describe("https credentials", () => {
  it("are a header for the repository's own host and port, and nothing else", async () => {
    const prepared = await access("https://git.example.com:8443/a/b", { username: "u", password: "secret-p" });
    expect(prepared).toMatchObject({
      protocol: "https",
      settings: [["http.https://git.example.com:8443/.extraHeader", basic("u:secret-p")]],
    });
    expect(prepared.secrets).toContain("secret-p");
    expect(await readdir(dir)).toEqual([]);
  });

  it("of a GitHub App are its installation token", async () => {
    const githubApp = { appID: "7", installationID: "8", privateKey: "k", baseURL: "https://api.github.com" };
    const prepared = await access("https://github.com/a/b", { githubApp });
    expect(prepared.settings).toEqual([["http.https://github.com/.extraHeader", basic("x-access-token:token-of-7")]]);
  });

  it("are none where there are none", async () => {
    expect(await access("https://github.com/a/b", undefined)).toMatchObject({ settings: [], secrets: [] });
  });

  it("with a line break could make a second header and are refused", async () => {
    const refused = access("https://h/a", { username: "u", password: "a\r\nX-Evil: 1" });
    await expect(refused).rejects.toMatchObject({ code: "SourceForbidden" });
    await expect(access("https://h/a", { username: "u:v", password: "a" })).rejects.toMatchObject({
      code: "SourceForbidden",
    });
  });

  it("come with the certificate authority as a file that is gone after", async () => {
    const prepared = await access("https://h/a", { caData: "PEM" });
    const [[key, path]] = prepared.settings as [[string, string]];
    expect(key).toBe("http.https://h/.sslCAInfo");
    expect(await readFile(path, "utf8")).toBe("PEM\n");
    await prepared.release();
    expect(await readdir(dir)).toEqual([]);
  });
});

describe("an SSH key", () => {
  it("is a file of this user only, with strict known hosts, gone after", async () => {
    const prepared = await access("git@host:a/b", { sshPrivateKey: "KEY", sshKnownHosts: "host ssh-ed25519 AAAA" });
    expect(prepared.protocol).toBe("ssh");
    expect(prepared.sshCommand).toMatch(
      /^ssh -F \/dev\/null .*-o StrictHostKeyChecking=yes .*-o BatchMode=yes|^ssh -F \/dev\/null .*-o BatchMode=yes/,
    );
    expect(prepared.sshCommand).toContain("StrictHostKeyChecking=yes");
    expect(prepared.sshCommand).not.toContain("KEY");
    const [made] = await readdir(dir);
    const key = join(dir, made!, "key");
    expect(prepared.sshCommand).toContain(`-i '${key}'`);
    expect((await stat(key)).mode & 0o777).toBe(0o600);
    expect((await stat(join(dir, made!))).mode & 0o777).toBe(0o700);
    await prepared.release();
    expect(await readdir(dir)).toEqual([]);
  });

  it.each([
    [{ sshPrivateKey: "KEY" }, "sshKnownHosts"],
    [{ sshKnownHosts: "x" }, "sshPrivateKey"],
    [undefined, "sshPrivateKey"],
  ])("is missing something in %j", async (credentials, missing) => {
    await expect(access("git@host:a/b", credentials)).rejects.toMatchObject({
      code: "SourceForbidden",
      message: expect.stringContaining(missing),
    });
    expect(await readdir(dir)).toEqual([]);
  });
});
