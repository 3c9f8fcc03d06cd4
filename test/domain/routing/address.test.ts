import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { addressOf, prefixOf } from "../../../domain/routing/address.ts";
import { covers, namedAddress } from "../../../domain/routing/match.ts";
import { adhocName, createRepositories, repositoryName } from "../../../domain/routing/repositories.ts";
import { sha256 } from "../../../domain/routing/sha256.ts";
import { DNS_LABEL } from "../../../schemas/ids.ts";
import { createHash } from "node:crypto";

describe("addressOf", () => {
  test.each([
    ["https://github.com/Acme/Shop.git", "git@github.com:acme/shop.git"],
    ["https://github.com/acme/shop/", "ssh://git@github.com:22/acme/shop"],
    ["https://git.example.com/scm/AC/shop.git", "ssh://git@git.example.com:7999/ac/shop.git"],
    ["https://acme@dev.azure.com/acme/My%20Web/_git/shop", "git@ssh.dev.azure.com:v3/acme/My%20Web/shop"],
    ["https://acme.visualstudio.com/DefaultCollection/web/_git/shop", "https://dev.azure.com/acme/web/_git/shop"],
    ["https://dev.azure.com/acme/_git/shop", "https://dev.azure.com/acme/shop/_git/shop"],
  ])("%s and %s are one repository", (left, right) => {
    expect(addressOf(left)).toBeDefined();
    expect(addressOf(left)).toBe(addressOf(right));
  });

  test("another path, host or web port is another repository", () => {
    const all = [
      "https://github.com/acme/shop",
      "https://github.com/acme/shop2",
      "https://github.com:8443/acme/shop",
      "https://example.com/acme/shop",
    ];
    expect(new Set(all.map(addressOf)).size).toBe(all.length);
  });

  test.each(["", "x", "ext::sh -c id", "file:///etc", "https://github.com", "git://github.com/a/b"])(
    "%j is none",
    (url) => {
      expect(addressOf(url)).toBeUndefined();
    },
  );

  test("never throws", () => {
    fc.assert(fc.property(fc.string(), (url) => void [addressOf(url), prefixOf(url)]));
  });
});

describe("covers", () => {
  const prefix = (url: string) => ({ url, match: "prefix" as const });

  test("a prefix ends at a slash", () => {
    expect(covers(prefix("https://github.com/acme"), "github.com/acme/shop")).toBe(true);
    expect(covers(prefix("https://github.com/acme/"), "github.com/acme/shop")).toBe(true);
    expect(covers(prefix("https://github.com/acme"), "github.com/acme-evil/shop")).toBe(false);
    expect(covers(prefix("https://git.example.com"), "git.example.com/any/thing")).toBe(true);
    expect(covers(prefix("https://git.example.com"), "git.example.com.evil.org/x/y")).toBe(false);
  });

  test("exact is not a prefix", () => {
    expect(covers({ url: "https://github.com/acme", match: "exact" }, "github.com/acme/shop")).toBe(false);
  });

  test("an old Bitbucket Server's key and slug are on the Repository's host", () => {
    const own = { url: "https://git.example.com/scm/ac/shop.git", match: "exact" as const };
    expect(namedAddress(own, ["/scm/ac/shop"])).toBe(own.url);
    expect(namedAddress(own, ["/scm/ac/other"])).toBeUndefined();
    const project = prefix("https://git.example.com/scm/ac");
    expect(addressOf(namedAddress(project, ["/scm/ac/shop"])!)).toBe(addressOf(own.url));
    expect(namedAddress(project, ["/scm/zz/shop"])).toBeUndefined();
  });
});

describe("the name under which an address is kept", () => {
  test("exact before the longest prefix before ad hoc", () => {
    const repositories = createRepositories();
    repositories.set("host", { url: "https://github.com", match: "prefix" });
    repositories.set("acme", { url: "https://github.com/acme", match: "prefix" });
    repositories.set("shop", { url: "git@github.com:acme/shop.git", match: "exact" });
    expect(repositoryName("github.com/acme/shop", repositories)).toBe("shop");
    expect(repositoryName("github.com/acme/other", repositories)).toBe("acme");
    expect(repositoryName("github.com/elsewhere/x", repositories)).toBe("host");
    expect(repositoryName("example.com/a/b", repositories)).toBe(adhocName("example.com/a/b"));
    repositories.delete("shop");
    expect(repositoryName("github.com/acme/shop", repositories)).toBe("acme");
    repositories.set("acme", { url: "https://gitlab.com/acme", match: "prefix" });
    expect(repositoryName("github.com/acme/shop", repositories)).toBe("host");
  });

  test("of two for the same address the first by name", () => {
    const repositories = createRepositories();
    repositories.set("b", { url: "https://github.com/acme/shop", match: "exact" });
    repositories.set("a", { url: "https://github.com/acme/shop", match: "exact" });
    expect(repositoryName("github.com/acme/shop", repositories)).toBe("a");
  });

  test("an ad hoc name is a DNS label", () => {
    fc.assert(fc.property(fc.string(), (address) => DNS_LABEL.test(adhocName(address))));
  });
});

test("sha256 is node's", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme", maxLength: 300 }), (text) => {
      expect(sha256(text)).toBe(createHash("sha256").update(text).digest("hex"));
    }),
  );
});
