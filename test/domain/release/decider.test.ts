import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { aliasOf } from "../../../domain/release/alias.ts";
import type { CreateRelease, ReleaseSourceCommand } from "../../../domain/release/command.ts";
import { orderedContent, releaseId } from "../../../domain/release/content.ts";
import { releaseSourceDecider } from "../../../domain/release/decider.ts";
import { REMEMBERED_RELEASES, type ReleaseSourceState } from "../../../domain/release/state.ts";
import type { ReleaseSourceEvent } from "../../../schemas/events/index.ts";
import { ReleaseSourceSpec } from "../../../schemas/kinds/release-source.ts";
import type { ReleaseContent } from "../../../schemas/promotion.ts";

const { initial, decide, evolve } = releaseSourceDecider;
const spec = (more: object = {}): ReleaseSourceSpec =>
  ReleaseSourceSpec.parse({
    subscriptions: [
      { name: "manifests", git: { repoURL: "https://git.example/shop.git" } },
      { name: "web", image: { repoURL: "registry.example/shop/web" } },
      { name: "chart", chart: { repoURL: "https://charts.example", name: "shop" } },
    ],
    ...more,
  });
const configure = (more: object = {}): ReleaseSourceCommand => ({
  type: "Configure",
  spec: spec(more),
  labels: {},
  annotations: {},
});
const content = (number: number): ReleaseContent => ({
  commits: [
    { subscription: "manifests", repoURL: "https://git.example/shop.git", commit: "c".repeat(39) + (number % 10) },
  ],
  images: [
    {
      subscription: "web",
      repository: "registry.example/shop/web",
      tag: `1.0.${number}`,
      digest: `sha256:${"d".repeat(64)}`,
    },
  ],
  charts: [{ subscription: "chart", repoURL: "https://charts.example", name: "shop", version: "2.0.0" }],
});
const commit = (number: number, author: string): CreateRelease["commits"][number] => ({
  subscription: "manifests",
  commit: String(number).padStart(40, "0"),
  subject: `change ${number}`,
  author: { name: author, email: `${author}@shop.example` },
  at: "2026-11-01T10:00:00Z",
  tickets: [],
});
const create = (number: number, more: Partial<CreateRelease> = {}): CreateRelease => ({
  type: "CreateRelease",
  content: content(number),
  commits: [],
  origin: "poll",
  by: { kind: "system", name: "poller" },
  at: `2026-11-01T10:00:00Z`,
  ...more,
});

/** The state and the events after commands, one after the other. */
function after(...commands: ReleaseSourceCommand[]): { state: ReleaseSourceState; events: ReleaseSourceEvent[] } {
  let state = initial;
  let events: ReleaseSourceEvent[] = [];
  for (const command of commands) {
    events = decide(command, state);
    state = events.reduce(evolve, state);
  }
  return { state, events };
}

describe("a release", () => {
  it("is made of what was found, once for one content", () => {
    const { state, events } = after(configure(), create(1, { commits: [commit(1, "ada")] }));
    const [{ data } = { data: undefined }] = events as Extract<ReleaseSourceEvent, { type: "ReleaseCreated" }>[];
    expect(data).toMatchObject({
      release: releaseId(content(1)),
      content: content(1),
      origin: "poll",
      commits: [commit(1, "ada")],
    });
    expect(data).not.toHaveProperty("more");
    expect(state.releases).toEqual([
      { release: data!.release, alias: data!.alias, at: "2026-11-01T10:00:00Z", authors: ["ada", "ada@shop.example"] },
    ]);
    expect(decide(create(1, { origin: "webhook", at: "2027-01-01T00:00:00Z" }), state)).toEqual([]);
  });

  it("is not made by itself where releases are made by hand", () => {
    const { state } = after(configure({ creation: "Manual" }));
    expect(decide(create(1), state)).toEqual([]);
    expect(decide(create(1, { origin: "webhook" }), state)).toEqual([]);
    expect(decide(create(1, { origin: "manual" }), state)).toHaveLength(1);
  });

  it.each<[string, ReleaseContent, string]>([
    ["less", { ...content(1), images: [] }, "Nothing is given for the subscription web."],
    [
      "another image",
      { ...content(1), images: [{ ...content(1).images[0]!, repository: "registry.example/other" }] },
      "The subscription web is of something else now.",
    ],
    [
      "more",
      {
        ...content(1),
        charts: [...content(1).charts, { subscription: "extra", repoURL: "oci://x.example/y", version: "1.0.0" }],
      },
      "There is no subscription extra.",
    ],
    [
      "the same twice",
      { ...content(1), charts: [...content(1).charts, ...content(1).charts] },
      "Two things are given for the subscription chart.",
    ],
  ])("of %s than is subscribed to is refused", (_, wrong, message) => {
    const { state } = after(configure());
    expect(() => decide(create(1, { content: wrong }), state)).toThrow(message);
  });

  it("of a source that is gone is refused", () => {
    expect(() => decide(create(1), initial)).toThrow(expect.objectContaining({ code: "NotFound" }) as Error);
    expect(() => decide(create(1), after(configure(), { type: "Remove" }).state)).toThrow("not there any more");
  });

  it("of more than 100 commits names 100, says how many there are beyond, and knows all who wrote them", () => {
    const commits = Array.from({ length: 150 }, (_, index) => commit(index, `author${index}`));
    const { state, events } = after(configure(), create(1, { commits, more: 7 }));
    expect(events[0]).toMatchObject({ data: { more: 57 } });
    expect((events[0] as { data: { commits: unknown[] } }).data.commits).toHaveLength(100);
    expect(state.releases[0]!.authors).toContain("author149@shop.example");
  });

  it("knows those who had a hand in it beside the authors of what is named, and says nothing where there are none", () => {
    const commits = [commit(1, "ada")];
    const authors = ["ada", "ada@shop.example"];
    const { events } = after(configure(), create(1, { commits, authors }));
    expect(events[0]!.data).not.toHaveProperty("authors");
    const { state } = after(configure(), create(1, { commits, authors: [...authors, "bob"] }));
    expect(state.releases[0]!.authors).toEqual([...authors, "bob"]);
  });

  it("of a source that was made again is found anew under another alias", () => {
    const { state: first } = after(configure(), create(1));
    const { state: second } = after(configure(), create(1), { type: "Remove" }, configure(), create(1));
    expect(second.releases).toHaveLength(1);
    expect(second.releases[0]!.release).toBe(first.releases[0]!.release);
    expect(second.releases[0]!.alias).not.toBe(first.releases[0]!.alias);
  });

  it("is one of the 1,000 newest that are remembered", () => {
    let { state } = after(configure());
    for (let number = 0; number < REMEMBERED_RELEASES + 5; number++) {
      state = decide(create(number), state).reduce(evolve, state);
    }
    expect(state.releases).toHaveLength(REMEMBERED_RELEASES);
    expect(state.count).toBe(REMEMBERED_RELEASES + 5);
    expect(state.releases.at(-1)!.release).toBe(releaseId(content(REMEMBERED_RELEASES + 4)));
    expect(new Set(state.releases.map(({ alias }) => alias)).size).toBe(REMEMBERED_RELEASES);
  });
});

const text = fc.string({ minLength: 1, maxLength: 8 });
const anyContent: fc.Arbitrary<ReleaseContent> = fc.record({
  commits: fc.uniqueArray(
    fc.record({ subscription: text, repoURL: text, commit: text, branch: fc.option(text, { nil: undefined }) }),
    { selector: ({ subscription }) => subscription, maxLength: 5 },
  ),
  images: fc.uniqueArray(
    fc.record({ subscription: text, repository: text, digest: text, tag: fc.option(text, { nil: undefined }) }),
    { selector: ({ subscription }) => subscription, maxLength: 5 },
  ),
  charts: fc.uniqueArray(fc.record({ subscription: text, repoURL: text, version: text }), {
    selector: ({ subscription }) => subscription,
    maxLength: 5,
  }),
});

describe("the id of a release", () => {
  it("does not depend on the order of its parts or of their fields", () => {
    fc.assert(
      fc.property(anyContent, fc.infiniteStream(fc.nat()), (given, order) => {
        const shuffled = <Item extends object>(items: readonly Item[]): Item[] =>
          items
            .map((item) => ({
              at: order.next().value,
              item: Object.fromEntries(Object.entries(item).toReversed()) as Item,
            }))
            .toSorted((a, b) => a.at - b.at)
            .map(({ item }) => item);
        const other = {
          charts: shuffled(given.charts),
          images: shuffled(given.images),
          commits: shuffled(given.commits),
        };
        expect(releaseId(other)).toBe(releaseId(given));
        expect(releaseId(orderedContent(given))).toBe(releaseId(given));
      }),
    );
  });

  it("differs as soon as anything of it does", () => {
    fc.assert(
      fc.property(anyContent, anyContent, (one, other) => {
        const same = JSON.stringify(orderedContent(one)) === JSON.stringify(orderedContent(other));
        expect(releaseId(one) === releaseId(other)).toBe(same);
        expect(releaseId(one)).toMatch(/^[0-9a-f]{40}$/);
      }),
    );
  });
});

describe("aliases", () => {
  it("are unique in their source, however many releases it makes", () => {
    fc.assert(
      fc.property(fc.nat(2 ** 32 - 1), fc.nat(1_000_000), (seed, from) => {
        const aliases = Array.from({ length: 200 }, (_, index) => aliasOf(from + index, seed));
        expect(new Set(aliases).size).toBe(200);
        for (const alias of aliases) expect(alias).toMatch(/^[a-z]+-[a-z]+(-\d+)?$/);
      }),
      { numRuns: 30 },
    );
    const many = Array.from({ length: 30_000 }, (_, index) => aliasOf(index, 7));
    expect(new Set(many).size).toBe(30_000);
  });
});

describe("what can't be read", () => {
  const failing = (code: string) => ({ web: { code, message: "no answer" } });
  const look = (failures: Record<string, { code: string; message: string }>): ReleaseSourceCommand => ({
    type: "RecordDiscovery",
    looked: ["manifests", "web", "chart"],
    failures,
  });

  it("is said when it turns, and when it can be read again", () => {
    const { state, events } = after(configure(), look(failing("SourceUnavailable")));
    expect(events).toEqual([
      { type: "DiscoveryFailed", data: { subscription: "web", code: "SourceUnavailable", message: "no answer" } },
    ]);
    expect(decide(look(failing("SourceUnavailable")), state)).toEqual([]);
    expect(decide(look(failing("SourceForbidden")), state)).toHaveLength(1);
    expect(decide(look({}), state)).toEqual([{ type: "DiscoveryRecovered", data: { subscription: "web" } }]);
  });

  it("is forgotten with its subscription, and of one that is not there nothing is said", () => {
    const without = spec().subscriptions.filter(({ name }) => name !== "web");
    const { state } = after(configure(), look(failing("SourceUnavailable")), configure({ subscriptions: without }));
    expect(state.failing).toEqual({});
    expect(decide(look(failing("SourceUnavailable")), state)).toEqual([]);
  });
});
