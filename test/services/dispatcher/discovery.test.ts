import { pino } from "pino";
import { Registry } from "prom-client";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ReleaseSourceSpec } from "../../../schemas/kinds/release-source.ts";
import type { IntakeMessage } from "../../../schemas/messages.ts";
import type { ViewName } from "../../../schemas/views.ts";
import { startDiscovery } from "../../../services/dispatcher/discovery.ts";
import type { Look, LookReason } from "../../../services/dispatcher/look.ts";
import type { IntakeDelivery, ViewsPort } from "../../../services/dispatcher/ports.ts";
import type { Service } from "../../../services/service.ts";

const START = Date.parse("2026-11-01T10:00:00Z");
const MINUTE = 60_000;
const git = (repoURL: string, more: object = {}) => ({ subscriptions: [{ name: "git", git: { repoURL, ...more } }] });
const REPO = "https://git.example/acme/shop";
const NOTHING: Look = { failures: {}, sequence: 1 };

/** The discovery of one process over sources, an intake and a clock in memory. */
class World {
  now = START;
  owner = true;
  looks: { source: string; reason: LookReason }[] = [];
  answer: (source: string) => Promise<Look> = async () => NOTHING;
  readonly #sources = new Map<string, ReleaseSourceSpec>();
  #listener: (view: ViewName, key: string) => void = () => undefined;
  #handle: ((batch: IntakeDelivery[]) => Promise<void>) | undefined;
  #service: Service | undefined;

  async start(): Promise<void> {
    const views: ViewsPort = {
      get: ((view: string, key: string) => {
        const spec = this.#sources.get(key);
        return view === "releaseSources" && spec ? { spec } : undefined;
      }) as ViewsPort["get"],
      list: (() => [...this.#sources].map(([key, spec]) => ({ key, value: { spec } }))) as unknown as ViewsPort["list"],
      onChange: (listener) => {
        this.#listener = listener;
        return () => undefined;
      },
      reached: async () => undefined,
    };
    this.#service = await startDiscovery({
      views,
      ledger: { last: async () => 0 },
      intake: {
        consume: async ({ handle, signal }) => {
          this.#handle = handle;
          await new Promise((resolve) => signal.addEventListener("abort", resolve));
        },
      },
      look: async (source, reason) => {
        this.looks.push({ source, reason });
        return await this.answer(source);
      },
      acquireLease: (_name, { signal }) =>
        this.owner
          ? Promise.resolve({ release: async () => undefined })
          : new Promise((_, reject) => signal.addEventListener("abort", () => reject(new Error("stopped")))),
      log: pino({ level: "silent" }),
      metrics: new Registry(),
      now: () => this.now,
      random: () => 0.5,
      tickMs: 2,
    });
  }

  set(name: string, spec: object | undefined): void {
    if (spec) this.#sources.set(name, ReleaseSourceSpec.parse(spec));
    else this.#sources.delete(name);
    this.#listener("releaseSources", name);
  }

  /** Hands a message over; what became of it. */
  deliver(message: Partial<IntakeMessage>, deliveries = 1): { outcome: Promise<"ack" | "nak"> } {
    const { promise, resolve } = Promise.withResolvers<"ack" | "nak">();
    const whole = {
      ...{ repository: "shop", repoURL: REPO, ref: "refs/heads/main", delivery: "d1", source: "webhook" },
      ...{ actor: { kind: "webhook", name: "ada" }, receivedAt: new Date(START).toISOString(), ...message },
    } as IntakeMessage;
    const delivery: IntakeDelivery = {
      ...{ message: whole, sequence: 1, deliveries, working: () => undefined },
      ack: async () => resolve("ack"),
      nak: () => resolve("nak"),
    };
    void this.#handle!([delivery]);
    return { outcome: promise };
  }

  looksAt(source: string): LookReason["origin"][] {
    return this.looks.filter((look) => look.source === source).map(({ reason }) => reason.origin);
  }

  async stop(): Promise<void> {
    await this.#service?.stop();
  }
}

let world: World;
beforeEach(() => {
  world = new World();
});
afterEach(() => world.stop());

/** As many ticks as any look that is due takes to begin. */
const ticks = () => new Promise((resolve) => setTimeout(resolve, 30));

describe("the poll", () => {
  it("looks at a source soon after the start, and then at its interval", async () => {
    world.set("shop", { ...git(REPO), interval: "10m" });
    await world.start();
    await ticks();
    expect(world.looks).toEqual([]);
    world.now += 15_000;
    await vi.waitFor(() => expect(world.looksAt("shop")).toEqual(["poll"]));
    world.now += 10 * MINUTE - 1;
    await ticks();
    expect(world.looksAt("shop")).toHaveLength(1);
    world.now += 1;
    await vi.waitFor(() => expect(world.looksAt("shop")).toHaveLength(2));
  });

  it("asks nobody more often than every 10 s, whatever is configured", async () => {
    world.set("shop", { ...git(REPO), interval: "1ms" });
    await world.start();
    world.now += MINUTE;
    await vi.waitFor(() => expect(world.looks).toHaveLength(1));
    world.now += 9_999;
    await ticks();
    expect(world.looks).toHaveLength(1);
    world.now += 1;
    await vi.waitFor(() => expect(world.looks).toHaveLength(2));
  });

  it("goes on after a look that failed, and does not begin a second one while the first runs", async () => {
    world.set("shop", { ...git(REPO), interval: "1m" });
    const { promise, reject } = Promise.withResolvers<Look>();
    world.answer = () => promise;
    await world.start();
    world.now += MINUTE;
    await vi.waitFor(() => expect(world.looks).toHaveLength(1));
    world.now += 10 * MINUTE;
    await ticks();
    expect(world.looks).toHaveLength(1);
    world.answer = async () => NOTHING;
    reject(new Error("no answer"));
    await vi.waitFor(() => expect(world.looks.length).toBeGreaterThan(1));
  });

  it("leaves sources alone that another process holds the lease of; webhooks are taken all the same", async () => {
    world.owner = false;
    world.set("shop", git(REPO));
    await world.start();
    world.now += 60 * MINUTE;
    await ticks();
    expect(world.looks).toEqual([]);
    expect(await world.deliver({ type: "git.push" }).outcome).toBe("ack");
    expect(world.looksAt("shop")).toEqual(["webhook"]);
  });
});

describe("a change of a source", () => {
  it("is looked at at once, unless only its interval changed; one that is gone is left alone", async () => {
    await world.start();
    await ticks();
    world.set("shop", git(REPO));
    await vi.waitFor(() => expect(world.looksAt("shop")).toEqual(["configuration"]));
    world.set("shop", { ...git(REPO), interval: "2h" });
    await ticks();
    expect(world.looks).toHaveLength(1);
    world.set("shop", { ...git(REPO, { branch: "main" }), interval: "2h" });
    await vi.waitFor(() => expect(world.looks).toHaveLength(2));
    world.set("shop", undefined);
    world.now += 24 * 60 * MINUTE;
    await ticks();
    expect(world.looks).toHaveLength(2);
    expect(await world.deliver({ type: "git.push" }).outcome).toBe("ack");
    expect(world.looks).toHaveLength(2);
  });
});

describe("a webhook", () => {
  const image = { subscriptions: [{ name: "web", image: { repoURL: "ghcr.io/acme/web" } }] };

  it("wakes the sources that follow the place, in the name of who pushed", async () => {
    world.set("main", git(REPO, { branch: "main" }));
    world.set("other", git("https://git.example/acme/other"));
    world.set("web", image);
    await world.start();
    expect(await world.deliver({ type: "git.push", ref: "refs/heads/topic" }).outcome).toBe("ack");
    expect(world.looks).toEqual([]);
    expect(await world.deliver({ type: "git.push" }).outcome).toBe("ack");
    expect(world.looks).toEqual([
      { source: "main", reason: { origin: "webhook", by: { kind: "webhook", name: "ada" }, cause: "d1" } },
    ]);
    expect(await world.deliver({ type: "registry.push", image: "ghcr.io/acme/web" }).outcome).toBe("ack");
    expect(world.looksAt("web")).toEqual(["webhook"]);
  });

  it.each([
    ["comes again when what it tells of can't be read now", "SourceUnavailable", 0, "nak"],
    ["is done when it can't be read for good", "SourceForbidden", 0, "ack"],
    ["is given up after half an hour, and left to the poll", "SourceUnavailable", 31 * MINUTE, "ack"],
  ])("%s", async (_, code, later, outcome) => {
    world.set("web", image);
    world.answer = async () => ({ ...NOTHING, failures: { web: { code, message: "no answer" } } });
    await world.start();
    world.now += later;
    expect(await world.deliver({ type: "registry.push", image: "ghcr.io/acme/web" }).outcome).toBe(outcome);
  });

  it("comes again when the look itself fails", async () => {
    world.set("web", image);
    world.answer = () => Promise.reject(new Error("the ledger is gone"));
    await world.start();
    expect(await world.deliver({ type: "registry.push", image: "ghcr.io/acme/web" }).outcome).toBe("nak");
  });

  it("that comes while a look runs is answered by one more, however many come", async () => {
    world.owner = false;
    world.set("web", image);
    const { promise, resolve } = Promise.withResolvers<Look>();
    world.answer = () => promise;
    await world.start();
    const outcomes = Array.from(
      { length: 50 },
      () => world.deliver({ type: "registry.push", image: "ghcr.io/acme/web" }).outcome,
    );
    await ticks();
    expect(world.looks).toHaveLength(1);
    resolve(NOTHING);
    expect(new Set(await Promise.all(outcomes))).toEqual(new Set(["ack"]));
    expect(world.looks).toHaveLength(2);
  });
});
