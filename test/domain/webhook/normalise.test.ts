import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { normalise } from "../../../domain/webhook/normalise.ts";
import { addressOf } from "../../../domain/routing/address.ts";
import { GIT_PROVIDERS as PROVIDERS } from "../../../schemas/providers.ts";
import { PUSHES } from "./payloads.ts";

const read = (provider: (typeof PROVIDERS)[number], more: { headers?: object; body?: object }) => {
  const { headers, body } = PUSHES[provider];
  return normalise(provider, { headers: { ...headers, ...more.headers }, body: { ...body, ...more.body } });
};

describe.each(PROVIDERS)("a push of %s", (provider) => {
  const { headers, body, url, delivery } = PUSHES[provider];

  test("names repository, ref, delivery and sender", () => {
    const event = normalise(provider, { headers, body });
    if (event.type !== "push") throw new Error(JSON.stringify(event));
    expect(event.refs).toEqual(["refs/heads/main"]);
    expect(event.delivery).toBe(delivery);
    expect(event.sender).toMatch(/\w+/);
    expect(event.repoURLs.map(addressOf)).toContain(addressOf(url));
  });

  test("is malformed, not a crash, whatever of it is missing or of another type", () => {
    const junk = fc.oneof(fc.jsonValue(), fc.constant(undefined), fc.constant(JSON.parse('{"__proto__":{"ref":1}}')));
    const mutated = fc
      .tuple(fc.constantFrom(...Object.keys(body)), junk)
      .map(([key, value]) => ({ ...body, [key]: value }));
    fc.assert(
      fc.property(fc.oneof(mutated, fc.jsonValue()), (broken) => {
        const event = normalise(provider, { headers, body: broken });
        if (event.type !== "push") return;
        expect(event.refs.length).toBeGreaterThan(0);
        for (const ref of event.refs) expect(ref).toMatch(/^(\*|refs\/[^/]+\/.+)$/);
        for (const each of event.repoURLs) expect(typeof each).toBe("string");
      }),
      { numRuns: 300 },
    );
  });
});

describe("what is not a push to a branch", () => {
  test.each([
    ["github", { headers: { "x-github-event": "ping" }, body: { zen: "Design for failure." } }],
    ["gitea", { headers: { "x-gitea-event": "ping" } }],
    ["gogs", { headers: { "x-gogs-event": "ping" } }],
    ["bitbucket-server", { headers: { "x-event-key": "diagnostics:ping" }, body: { test: true } }],
    ["azure-devops", { body: { id: "03c164c2-8912-4d5e-8009-3707d5f83734" } }],
    ["generic", { headers: { "x-sluice-event": "ping" } }],
  ] as const)("a test event of %s is a ping", (provider, more) => {
    expect(read(provider, more).type).toBe("ping");
  });

  test.each([
    ["github", { headers: { "x-github-event": "pull_request" } }, "pull_request"],
    ["gitlab", { body: { object_kind: "merge_request" } }, "merge_request"],
    ["forgejo", { headers: { "x-forgejo-event": "issues" } }, "issues"],
    ["bitbucket-cloud", { headers: { "x-event-key": "pullrequest:fulfilled" } }, "pullrequest:fulfilled"],
    ["bitbucket-server", { headers: { "x-event-key": "pr:merged" } }, "pr:merged"],
    ["azure-devops", { body: { eventType: "git.pullrequest.merged" } }, "git.pullrequest.merged"],
    ["azure-devops", { body: { eventType: "build.complete" } }, "build.complete"],
  ] as const)("another event of %s is ignored by name", (provider, more, event) => {
    expect(read(provider, more)).toEqual({ type: "ignored", event });
  });

  test.each([
    ["github", { body: { ref: "refs/tags/v1.0.0" } }],
    ["github", { headers: { "x-github-event": "create" }, body: { ref: "v1.0.0", ref_type: "tag" } }],
    ["gogs", { headers: { "x-gogs-event": "delete" }, body: { ref: "v1.0.0", ref_type: "tag" } }],
    ["gitlab", { body: { object_kind: "tag_push", ref: "refs/tags/v1.0.0" } }],
    ["bitbucket-cloud", { body: { push: { changes: [{ new: null, old: { type: "tag", name: "v1.0.0" } }] } } }],
    ["bitbucket-server", { body: { changes: [{ ref: { id: "refs/tags/v1.0.0" }, type: "ADD" }] } }],
    [
      "azure-devops",
      {
        body: {
          resource: { ...(PUSHES["azure-devops"].body.resource as object), refUpdates: [{ name: "refs/tags/v1.0.0" }] },
        },
      },
    ],
  ] as const)("a tag that comes or goes at %s is a push of its ref", (provider, more) => {
    expect(read(provider, more)).toMatchObject({ type: "push", refs: ["refs/tags/v1.0.0"] });
  });

  test("a deleted branch of Bitbucket Cloud is named by what it was", () => {
    const changes = [{ new: null, old: { type: "branch", name: "feature/x" }, closed: true }];
    expect(read("bitbucket-cloud", { body: { push: { changes } } })).toMatchObject({ refs: ["refs/heads/feature/x"] });
  });

  test("a Bitbucket Server before 8, which gives no clone links, is known by key and slug", () => {
    const repository = { slug: "Shop", project: { key: "AC" } };
    expect(read("bitbucket-server", { body: { repository } })).toMatchObject({ repoURLs: ["/scm/ac/shop"] });
  });

  test("a mirror's synchronisation with too many refs says that anything may have moved", () => {
    const more = { headers: { "x-event-key": "mirror:repo_synchronized" }, body: { refLimitExceeded: true } };
    expect(read("bitbucket-server", more)).toMatchObject({ type: "push", refs: ["*"] });
  });

  test("more refs than are worth a message each are one", () => {
    const refs = Array.from({ length: 30 }, (_, index) => `refs/heads/b${index}`);
    expect(read("generic", { body: { refs } })).toMatchObject({ refs: ["*"] });
    expect(read("generic", { body: { ref: null } })).toMatchObject({ type: "malformed" });
  });

  test("Azure DevOps with minimal resource details says which setting to change", () => {
    const event = read("azure-devops", { body: { resource: { url: "https://dev.azure.com/x" } } });
    expect(event).toMatchObject({ type: "malformed", message: expect.stringContaining("Resource details to send") });
  });

  test("GitLab's event id is no delivery id: hooks that cause each other share it", () => {
    const event = read("gitlab", { headers: { "idempotency-key": undefined } });
    expect(event).not.toHaveProperty("delivery");
  });

  test.each([
    "refs/heads/../x",
    "refs/heads/a b",
    "main",
    "refs/heads/x.lock",
    "--upload-pack=x",
    "refs/heads/a\u0000",
  ])("%j is no ref", (ref) => {
    expect(read("github", { body: { ref } }).type).toBe("malformed");
  });
});
