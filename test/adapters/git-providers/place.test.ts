import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { placeOf } from "../../../adapters/git-providers/place.ts";
import { SluiceError } from "../../../schemas/errors.ts";

describe("a repository's place at its provider", () => {
  test.each([
    ["https://github.com/acme/shop.git", {}, "github", "https://api.github.com", ["acme", "shop"]],
    ["git@github.com:acme/shop.git", {}, "github", "https://api.github.com", ["acme", "shop"]],
    ["https://github.acme.example/acme/shop", {}, "github", "https://github.acme.example/api/v3", ["acme", "shop"]],
    [
      "ssh://git@code.example:7999/acme/shop",
      { provider: "github" },
      "github",
      "https://code.example/api/v3",
      ["acme", "shop"],
    ],
    ["https://gitlab.com/acme/group/sub/shop.git", {}, "gitlab", "https://gitlab.com/api/v4", ["acme/group/sub/shop"]],
    ["https://gitlab.example:8443/acme/shop", {}, "gitlab", "https://gitlab.example:8443/api/v4", ["acme/shop"]],
    [
      "https://code.example/gitlab/acme/shop",
      { provider: "gitlab", apiURL: "https://code.example/gitlab/api/v4/" },
      ...(["gitlab", "https://code.example/gitlab/api/v4", ["acme/shop"]] as const),
    ],
    ["https://codeberg.org/acme/shop", {}, "forgejo", "https://codeberg.org/api/v1", ["acme", "shop"]],
    [
      "https://code.example/git/acme/shop",
      { provider: "gitea" },
      "gitea",
      "https://code.example/git/api/v1",
      ["acme", "shop"],
    ],
    ["https://bitbucket.org/acme/shop.git", {}, "bitbucket-cloud", "https://api.bitbucket.org/2.0", ["acme", "shop"]],
    [
      "https://bitbucket.acme.example/scm/ACME/shop.git",
      {},
      "bitbucket-server",
      "https://bitbucket.acme.example/rest",
      ["ACME", "shop"],
    ],
    [
      "https://code.example/bitbucket/scm/~ada/shop.git",
      { provider: "bitbucket-server" },
      ...(["bitbucket-server", "https://code.example/bitbucket/rest", ["~ada", "shop"]] as const),
    ],
    [
      "ssh://git@bitbucket.acme.example:7999/acme/shop.git",
      {},
      "bitbucket-server",
      "https://bitbucket.acme.example/rest",
      ["acme", "shop"],
    ],
    ["https://dev.azure.com/acme/web/_git/shop", {}, "azure-devops", "https://dev.azure.com/acme", ["web", "shop"]],
    [
      "https://acme@dev.azure.com/acme/My%20Web/_git/shop",
      {},
      "azure-devops",
      "https://dev.azure.com/acme",
      ["My Web", "shop"],
    ],
    ["https://dev.azure.com/acme/_git/shop", {}, "azure-devops", "https://dev.azure.com/acme", ["shop", "shop"]],
    ["git@ssh.dev.azure.com:v3/acme/web/shop", {}, "azure-devops", "https://dev.azure.com/acme", ["web", "shop"]],
    [
      "https://acme.visualstudio.com/DefaultCollection/web/_git/shop",
      {},
      "azure-devops",
      "https://dev.azure.com/acme",
      ["web", "shop"],
    ],
    ["https://acme.visualstudio.com/_git/shop", {}, "azure-devops", "https://dev.azure.com/acme", ["shop", "shop"]],
    [
      "https://tfs.example/tfs/Main/web/_git/shop",
      { provider: "azure-devops" },
      ...(["azure-devops", "https://tfs.example/tfs/Main", ["web", "shop"]] as const),
    ],
  ] as const)("%s", (repoURL, settings, provider, base, path) => {
    expect(placeOf(repoURL, settings)).toEqual({ provider, base, path });
  });

  test.each([
    ["https://code.example/acme/shop", {}, "InvalidInput", "webhook.provider"],
    ["https://code.example/acme/shop", { provider: "generic" }, "InvalidInput", "webhook.provider"],
    ["https://code.example/acme/shop", { provider: "gogs" }, "InvalidInput", "mode commit"],
    ["https://github.com/shop", {}, "InvalidInput", "for cloning"],
    ["https://dev.azure.com/acme/web/shop", {}, "InvalidInput", "for cloning"],
    ["file:///etc/passwd", {}, "SourceRefused", "https"],
    ["https://github.com/acme/shop", { apiURL: "http://api.example/v3" }, "SourceRefused", "https"],
    ["http://github.example/acme/shop", { provider: "github" }, "SourceRefused", "https"],
  ] as const)("%s with %j is refused as %s", (repoURL, settings, code, next) => {
    expect(() => placeOf(repoURL, settings)).toThrow(
      expect.objectContaining({ code, next: expect.stringContaining(next) }) as Error,
    );
  });

  it("is spoken to without TLS only on loopback and where the server allows it", () => {
    const settings = { provider: "gitea" } as const;
    expect(placeOf("http://127.0.0.1:3000/acme/shop", settings).base).toBe("http://127.0.0.1:3000/api/v1");
    const allowed = { ...settings, allowPlainHttp: ["git.internal"] };
    expect(placeOf("http://git.internal/acme/shop", allowed).base).toBe("http://git.internal/api/v1");
  });

  it("is found or refused with a code, whatever the address is", () => {
    const host = fc.constantFrom(
      "github.com",
      "gitlab.example",
      "dev.azure.com",
      "x.visualstudio.com",
      "bitbucket.org",
    );
    const path = fc.array(fc.oneof(fc.constantFrom("_git", "scm", "v3", "%2e%2e", "a b", "é"), fc.webSegment()), {
      maxLength: 6,
    });
    const scheme = fc.constantFrom("https://", "ssh://git@", "http://");
    fc.assert(
      fc.property(scheme, host, path, (start, at, segments) => {
        try {
          const { base, path: found } = placeOf(`${start}${at}/${segments.join("/")}`);
          expect(base).toMatch(/^https:\/\/[^/]+/);
          expect(found.every((part) => part !== "")).toBe(true);
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(SluiceError);
        }
      }),
    );
  });
});
