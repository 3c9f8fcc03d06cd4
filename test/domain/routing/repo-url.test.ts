import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isLoopback, normaliseRepoURL, parseRepoURL } from "../../../domain/routing/repo-url.ts";

describe("normaliseRepoURL", () => {
  it.each([
    ["https://GitHub.com/org/repo.git", "https://github.com/org/repo"],
    ["https://github.com:443/org/repo/", "https://github.com/org/repo"],
    ["  https://github.com/org/repo  ", "https://github.com/org/repo"],
    ["https://git.example.com:8443/a/b/c", "https://git.example.com:8443/a/b/c"],
    ["git@github.com:org/repo.git", "ssh://git@github.com/org/repo"],
    ["ssh://git@github.com:22/org/repo", "ssh://git@github.com/org/repo"],
    ["ssh://git@bitbucket.example.com:7999/proj/repo.git", "ssh://git@bitbucket.example.com:7999/proj/repo"],
    ["http://127.0.0.1:8080/org/repo.git", "http://127.0.0.1:8080/org/repo"],
    ["https://[::1]:8443/repo", "https://[::1]:8443/repo"],
    ["https://dev.azure.com/org/my project/_git/repo", "https://dev.azure.com/org/my project/_git/repo"],
    ["HTTPS://host./repo", "https://host/repo"],
  ])("%s is %s", (url, normal) => {
    expect(normaliseRepoURL(url)).toBe(normal);
  });

  it("is stable: what is normal stays as it is", () => {
    const part = fc.stringMatching(/^[a-z0-9][a-z0-9_-]{0,8}$/);
    const url = fc
      .tuple(
        fc.constantFrom("https://", "ssh://git@", "http://"),
        fc.stringMatching(/^[a-z0-9]{1,8}$/),
        fc.array(part, { minLength: 1, maxLength: 4 }),
      )
      .map(([scheme, host, path]) => `${scheme}${host}.example/${path.join("/")}.git/`);
    fc.assert(
      fc.property(url, (text) => {
        const normal = normaliseRepoURL(text);
        expect(normaliseRepoURL(normal)).toBe(normal);
        expect(normaliseRepoURL(`${normal}.git`)).toBe(normal);
      }),
    );
  });
});

describe("parseRepoURL refuses", () => {
  it.each([
    ["", /empty/],
    ["--upload-pack=touch /tmp/x", /option/],
    ["-oProxyCommand=id", /option/],
    ["https://host/team/.%2e/other", /`\.` or `\.\.`/],
    ["https://host/team/%2E./other", /`\.` or `\.\.`/],
    ["https://host/team/%2e%2e/other", /`\.` or `\.\.`/],
    ["https://host/team/%2e/other", /`\.` or `\.\.`/],
    ["https://host/team/x%2f..%2f..%2fother", /encoded/],
    ["https://host/team/x%5C..%5cother", /encoded/],
    ["https://host/team/x%00", /encoded/],
    ["https://host/team/x%0a", /encoded/],
    ["git@host:team/.%2e/other", /`\.` or `\.\.`/],
    ["ext::sh -c id", /transport helper/],
    ["fd::17/foo", /transport helper/],
    ["EXT::sh -c id", /transport helper/],
    ["file:///etc", /scheme file/],
    ["git://host/repo", /scheme git/],
    ["ftp://host/repo", /scheme ftp/],
    ["/srv/repo.git", /neither/],
    ["../repo.git", /neither/],
    ["C:\\repo", /backslash/],
    ["https://user:secret@host/repo", /password/],
    ["https://token@host/repo", /user or token/],
    ["ssh://git:secret@host/repo", /password/],
    ["ssh://-oProxyCommand=id/repo", /host/],
    ["ssh://-oProxyCommand=id@host/repo", /user/],
    ["-oProxyCommand=id@host:repo", /option/],
    ["git@-host:repo", /host/],
    ["git@host:-repo", /option/],
    ["git@host:--upload-pack=x", /option/],
    ["https://host", /no repository/],
    ["https://host/", /no repository/],
    ["https://host/a/../b", /\.\./],
    ["https://host/%2e%2e/b", /\.\./],
    ["https://host/a?b=c", /query/],
    ["https://host/a#b", /query/],
    ["https://host/a\nb", /control/],
    ["https://host/a\0b", /control/],
    ["https://host\r\n/a", /control/],
    ["https://ho st/a", /host/],
    ["https://host:99999/a", /port/],
    ["https://host:0/a", /port/],
    ["https://host/a*b", /characters/],
    [`https://host/${"a".repeat(3_000)}`, /longer/],
  ])("%j", (url, reason) => {
    const parts = parseRepoURL(url);
    expect(parts).toHaveProperty("refused");
    expect((parts as { refused: string }).refused).toMatch(reason);
  });

  it("and never repeats what may be a secret", () => {
    try {
      normaliseRepoURL("https://user:canary-secret@host/repo");
      expect.unreachable();
    } catch (error) {
      expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toContain("canary-secret");
    }
  });

  it("anything that git could take for an option, a helper or a second line", () => {
    const hostile = fc.oneof(
      fc.string({ unit: "binary", maxLength: 60 }),
      fc
        .tuple(fc.constantFrom("-", "--", "ext::", "fd::", "file://", "https://a:b@", "\0", "\n"), fc.string())
        .map(([head, tail]) => head + tail),
      fc.tuple(fc.constantFrom("https://h/", "ssh://u@h/", "u@h:"), fc.string()).map(([head, tail]) => head + tail),
    );
    fc.assert(
      fc.property(hostile, (url) => {
        const parts = parseRepoURL(url);
        if ("refused" in parts) return;
        expect(parts.given).not.toMatch(/^-|^[\w.+-]+::|[\0\r\n]/);
        expect(parts.host).not.toMatch(/^-/);
        expect(parts.path).not.toMatch(/^-/);
        expect(parts.user ?? "x").not.toMatch(/^-|:/);
        expect(["https", "http", "ssh"]).toContain(parts.scheme);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe("isLoopback", () => {
  it.each(["localhost", "127.0.0.1", "127.8.9.1", "[::1]", "git.localhost"])("%s is", (host) => {
    expect(isLoopback(host)).toBe(true);
  });
  it.each(["127.0.0.1.example.com", "localhost.example.com", "10.0.0.1", "[::2]", "128.0.0.1"])("%s is not", (host) => {
    expect(isLoopback(host)).toBe(false);
  });
});
