import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { releaseSourceDecider } from "../../../domain/release/decider.ts";
import type { CreateRelease } from "../../../domain/release/command.ts";
import type { ReleaseSourceState } from "../../../domain/release/state.ts";
import { ReleaseSourceSpec } from "../../../schemas/kinds/release-source.ts";
import type { LookAtSource } from "../../../services/api/ports.ts";
import { cliWithServer } from "./cli.ts";

const SOURCE = `
apiVersion: sluice.dev/v1
kind: ReleaseSource
metadata: { name: shop }
spec:
  subscriptions:
    - { name: web, image: { repoURL: registry.example/shop/web } }
    - { name: apps, git: { repoURL: "https://git.example/shop.git", branch: main } }
`;
const ADA = { kind: "user", name: "ada" } as const;

let at: Awaited<ReturnType<typeof cliWithServer>>;
let state: ReleaseSourceState;
beforeEach(async () => {
  at = await cliWithServer();
  await at.apply(SOURCE);
  const spec = ReleaseSourceSpec.parse({
    subscriptions: [
      { name: "web", image: { repoURL: "registry.example/shop/web" } },
      { name: "apps", git: { repoURL: "https://git.example/shop.git", branch: "main" } },
    ],
  });
  state = { ...releaseSourceDecider.initial, configuration: { spec, labels: {}, annotations: {} } };
});
afterEach(() => at.close());

/** A release in the ledger, as a look at the source makes it. */
function release(tag: string, more: Partial<CreateRelease> = {}): { release: string; alias: string } {
  const events = releaseSourceDecider.decide(
    {
      type: "CreateRelease",
      content: {
        commits: [
          {
            subscription: "apps",
            repoURL: "https://git.example/shop.git",
            commit: "c0ffee".padEnd(40, "0"),
            branch: "main",
          },
        ],
        images: [
          { subscription: "web", repository: "registry.example/shop/web", tag, digest: `sha256:${"d".repeat(64)}` },
        ],
        charts: [],
      },
      ...{ commits: [], origin: "webhook", by: { kind: "webhook", name: "registry" }, at: new Date().toISOString() },
      ...more,
    },
    state,
  );
  state = events.reduce(releaseSourceDecider.evolve, state);
  at.record({
    ref: { type: "releasesource", name: "shop" },
    expected: { sequence: 0, hash: "" },
    events,
    meta: { at: new Date().toISOString(), actor: ADA, cause: "test", messageId: `release/${tag}` },
  });
  return state.releases.at(-1)!;
}

describe("sluice release list and get", () => {
  it("show what is in a release, newest first, by alias or digits of its id", async () => {
    const none = await at.sluice("release list shop");
    expect(none).toMatchObject({ code: 0, out: "" });
    expect(none.err).toContain("sluice release refresh");
    const first = release("1.0.0");
    const commits = [
      {
        ...{ subscription: "apps", commit: "c0ffee".padEnd(40, "0"), subject: "SHOP-7: faster \u001b[31mcheckout" },
        ...{
          author: { name: "Ada", email: "ada@shop.example" },
          at: "2026-11-01T10:00:00Z",
          tickets: ["SHOP-7", "OPS-2"],
        },
      },
    ];
    const second = release("1.1.0", { commits, more: 3, origin: "manual", by: ADA });
    const { out } = await at.sluice("release list releasesource/shop");
    const [heading, newest, older] = out.split("\n");
    expect(heading).toMatch(/^ALIAS +RELEASE +CONTENT +COMMITS +FOUND BY +AGE$/);
    expect(newest).toMatch(
      new RegExp(`^${second.alias} +${second.release.slice(0, 12)} +apps=c0ffee0000 web=1.1.0 +4 +ada`),
    );
    expect(older).toMatch(new RegExp(`^${first.alias} .* web=1.0.0 +0 +webhook`));
    expect((await at.sluice("release list shop --limit 1 -o name")).out).toBe(`release/shop/${second.alias}\n`);

    const shown = await at.sluice(["release", "get", "shop", second.release.slice(0, 7)]);
    expect(shown.out).toContain(`${second.alias} ${second.release}\n`);
    expect(shown.out).toContain(`web: registry.example/shop/web:1.1.0@sha256:${"d".repeat(64)}\n`);
    expect(shown.out).toContain("c0ffee0000 SHOP-7: faster");
    expect(shown.out).toContain("(Ada) OPS-2\n  and 3 more\n");
    expect(shown.out).not.toContain("\u001b");
    expect(JSON.parse((await at.sluice(["release", "get", "shop", first.alias, "-o", "json"])).out)).toMatchObject(
      first.release ? { alias: first.alias } : {},
    );
  });

  it("say what to do where there is no such release or source", async () => {
    const missing = await at.sluice("release get shop brave-otter");
    expect(missing).toMatchObject({ code: 4, out: "" });
    expect(missing.err).toContain("sluice release list shop");
    expect((await at.sluice("release list nothing")).code).toBe(4);
    expect((await at.sluice("release list shop --limit none")).code).toBe(2);
  });
});

describe("sluice release create and refresh", () => {
  const answers = (answer: Awaited<ReturnType<LookAtSource>>): Parameters<LookAtSource>[] => {
    const asked: Parameters<LookAtSource>[] = [];
    at.ports.lookAtSource = async (...input) => {
      asked.push(input);
      return answer;
    };
    return asked;
  };
  const found = { release: "ab".repeat(20), alias: "brave-otter" };

  it("take what is picked, in the caller's name, and say whether it is new", async () => {
    const asked = answers({ release: { ...found, created: true }, failures: {}, sequence: 7 });
    const made = await at.sluice("release create shop --pick web=1.0.0 --pick apps=v1=2");
    expect(made.out).toBe("release brave-otter (abababababab) of shop made\n");
    expect(asked[0]).toMatchObject([
      "shop",
      { origin: "manual", by: { name: "admin" }, chosen: { web: "1.0.0", apps: "v1=2" } },
    ]);
    answers({ release: { ...found, created: false }, failures: {}, sequence: 7 });
    expect((await at.sluice("release create shop")).out).toContain("was there already");
    expect((await at.sluice("release refresh shop")).out).toBe("newest: brave-otter (abababababab)\n");
  });

  it("refuse what is no pick or no subscription, and tell what could not be read", async () => {
    const asked = answers({
      failures: { web: { code: "SourceForbidden", message: "The registry refuses it.", next: "Give a Repository." } },
      sequence: 7,
    });
    expect((await at.sluice("release create shop --pick web")).code).toBe(2);
    const unknown = await at.sluice("release create shop --pick api=1");
    expect(unknown.code).toBe(3);
    expect(unknown.err).toContain("It has web, apps.");
    expect(asked).toEqual([]);
    const refused = await at.sluice("release create shop");
    expect(refused.code).toBe(6);
    expect(refused.err).toContain("No release of shop could be made: The registry refuses it.");
    expect((await at.sluice("release refresh shop")).out).toBe("web: The registry refuses it. (SourceForbidden)\n");
  });
});
