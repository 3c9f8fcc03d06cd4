import { pino } from "pino";
import { Registry } from "prom-client";
import { beforeEach, describe, expect, test } from "vitest";
import { repositoryDecider } from "../../../domain/repository/decider.ts";
import { initialRepository, type RepositoryState } from "../../../domain/repository/state.ts";
import { adhocName, createRepositories, type Repositories } from "../../../domain/routing/repositories.ts";
import { createRoutes, type Routes } from "../../../domain/routing/routes.ts";
import { SluiceError } from "../../../schemas/errors.ts";
import type { GitPush } from "../../../schemas/messages.ts";
import { createMeters } from "../../../services/dispatcher/meters.ts";
import { createPoller, type Poller } from "../../../services/dispatcher/poller.ts";

const REPO = "https://git.example.com/acme/shop";
const ADDRESS = "git.example.com/acme/shop";
const MINUTE = 60_000;

let now: number;
let refs: Record<string, string | Error>;
let resolves: string[];
let published: { message: GitPush; id: string }[];
let states: Map<string, RepositoryState>;
let routes: Routes;
let repositories: Repositories;
let poller: Poller;
let interval: number;

const all = () => true;
/** Records in the ledger's place what a dispatch of the published pushes would. */
const dispatch = (name: string, resolved: Record<string, string | null>) => {
  const state = states.get(name) ?? initialRepository;
  const data = {
    repoURL: REPO,
    ref: "*",
    source: "poll",
    deliveries: [],
    considered: 1,
    operations: [],
    resolved,
  } as const;
  states.set(
    name,
    repositoryDecider.evolve(state, { type: "PushDispatched", data: { ...data, deliveries: [], operations: [] } }),
  );
};

beforeEach(() => {
  now = 1_000_000;
  interval = 3 * MINUTE;
  refs = { main: "c1", HEAD: "c1" };
  resolves = [];
  published = [];
  states = new Map();
  routes = createRoutes();
  repositories = createRepositories();
  poller = createPoller({
    routes,
    repositories,
    intervalOf: (name) => (name === "quick" ? MINUTE / 2 : interval),
    aggregates: { load: async (_decider, name) => ({ state: (states.get(name) ?? initialRepository) as never }) },
    mirrors: {
      resolve: async (_repo, target) => {
        resolves.push(target);
        const revision = refs[target];
        if (revision instanceof Error) throw revision;
        if (revision === undefined) throw new SluiceError("RevisionNotFound", "gone");
        return { revision, ref: target === "HEAD" ? "HEAD" : `refs/heads/${target}` };
      },
    },
    intake: {
      publish: async (message, id) => {
        published.push({ message: message as GitPush, id });
        return { sequence: published.length, duplicate: false };
      },
    },
    meters: createMeters(new Registry(), { held: () => 0, waiting: () => 0 }),
    log: pino({ level: "silent" }),
    now: () => now,
    random: () => 0.5,
  });
});

/** Lets time pass, a tick a second. */
const pass = async (ms: number, owns: (address: string) => boolean = all): Promise<void> => {
  for (const end = now + ms; now < end; now += 1_000) await poller.tick(owns);
};

describe("a repository in use", () => {
  beforeEach(() => routes.set("a", { repoURL: REPO, targetRevision: "main" }));

  test("is looked at within its first minute, and published once when it is news", async () => {
    await pass(MINUTE);
    expect(published.map(({ message }) => message)).toMatchObject([
      {
        repository: adhocName(ADDRESS),
        repoURL: REPO,
        ref: "refs/heads/main",
        source: "poll",
        actor: { kind: "system" },
      },
    ]);
    dispatch(adhocName(ADDRESS), { main: "c1" });
    await pass(10 * MINUTE);
    expect(published).toHaveLength(1);
  });

  test("is looked at by a changed interval at once", async () => {
    dispatch(adhocName(ADDRESS), { main: "c1" });
    interval = 60 * MINUTE;
    await pass(2 * MINUTE);
    const before = resolves.length;
    interval = 5_000;
    await pass(11_000);
    expect(resolves.length).toBeGreaterThanOrEqual(before + 2);
    interval = 60 * MINUTE;
    await pass(10 * MINUTE);
    expect(resolves.length).toBeLessThanOrEqual(before + 4);
  });

  test("is looked at once per interval, jitter included", async () => {
    dispatch(adhocName(ADDRESS), { main: "c1" });
    await pass(31 * MINUTE);
    expect(resolves.length).toBeGreaterThanOrEqual(10);
    expect(resolves.length).toBeLessThanOrEqual(12);
  });

  test("is told of each time it moves, back and forth too, under ids of their own", async () => {
    for (const revision of ["c1", "c2", "c1", "c2"]) {
      refs["main"] = revision;
      await pass(3 * MINUTE);
      dispatch(adhocName(ADDRESS), { main: revision });
    }
    expect(published.length).toBe(4);
    expect(new Set(published.map(({ id }) => id)).size).toBe(4);
  });

  test("whose branch is gone is told of once", async () => {
    dispatch(adhocName(ADDRESS), { main: "c1" });
    delete refs["main"];
    await pass(3 * MINUTE);
    expect(published.map(({ message }) => message.ref)).toEqual(["*"]);
    dispatch(adhocName(ADDRESS), { main: null });
    await pass(10 * MINUTE);
    expect(published).toHaveLength(1);
  });

  test("that cannot be reached is left for the next time", async () => {
    refs["main"] = new SluiceError("SourceUnavailable", "no route");
    await pass(10 * MINUTE);
    expect(published).toEqual([]);
    refs["main"] = "c9";
    await pass(3 * MINUTE);
    expect(published).toHaveLength(1);
  });

  test("with a Repository object has that one's interval and name", async () => {
    repositories.set("quick", { url: REPO, match: "exact" });
    dispatch("quick", { main: "c1" });
    await pass(10 * MINUTE);
    expect(resolves.length).toBeGreaterThanOrEqual(18);
    refs["main"] = "c2";
    await pass(MINUTE);
    expect(published[0]?.message.repository).toBe("quick");
  });

  test("is somebody else's while they hold its part", async () => {
    await pass(10 * MINUTE, () => false);
    expect(resolves).toEqual([]);
  });

  test("is one publish per ref, whoever follows it", async () => {
    routes.set("b", { repoURL: REPO, targetRevision: "main" });
    routes.set("c", { repoURL: REPO, targetRevision: "HEAD" });
    routes.set("d", { repoURL: REPO, targetRevision: "a".repeat(40) });
    await pass(MINUTE);
    expect(resolves).toEqual(["HEAD", "main"]);
    expect(published.map(({ message }) => message.ref)).toEqual(["HEAD", "refs/heads/main"]);
  });

  test("is left alone once nobody uses it", async () => {
    routes.delete("a");
    await pass(10 * MINUTE);
    expect(resolves).toEqual([]);
  });
});
