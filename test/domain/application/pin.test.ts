import { describe, expect, it } from "vitest";
import { applicationDecider } from "../../../domain/application/decider.ts";
import type { Command } from "../../../domain/application/command.ts";
import type { ApplicationEvent } from "../../../schemas/events/index.ts";
import { ApplicationSpec } from "../../../schemas/kinds/application.ts";
import type { Pin } from "../../../schemas/promotion.ts";

const { decide, evolve, initial } = applicationDecider;
const by = { kind: "user", name: "ada" } as const;
const pin: Pin = { pipeline: "shop", stage: "prod", promotion: "p-1", release: "r1", targetRevision: "1".repeat(40) };
const created: ApplicationEvent = {
  type: "ApplicationCreated",
  data: {
    spec: ApplicationSpec.parse({ source: { repoURL: "https://git.example/a" }, destination: { name: "in-cluster" } }),
    labels: {},
    annotations: {},
  },
};
const pinned: ApplicationEvent = { type: "RevisionPinned", data: { pin, by } };

const given = (...events: ApplicationEvent[]) => {
  const state = events.reduce(evolve, initial);
  return { state, when: (command: Command) => decide(command, state) };
};

describe("a pin", () => {
  it("is recorded once", () => {
    expect(given(created).when({ type: "PinRevision", pin, by })).toEqual([pinned]);
    expect(given(created, pinned).when({ type: "PinRevision", pin, by })).toEqual([]);
    expect(given(created, pinned).state.pin).toEqual(pin);
  });

  it("takes the place of another one, of another stage too", () => {
    const other = { ...pin, stage: "canary", promotion: "p-2" };
    const [event] = given(created, pinned).when({ type: "PinRevision", pin: other, by });
    expect(given(created, pinned, event!).state.pin).toEqual(other);
  });

  it("is refused where there is no application", () => {
    expect(() => given().when({ type: "PinRevision", pin, by })).toThrow("no application");
  });

  it("is taken back once, with the reason", () => {
    const unpin = { type: "UnpinRevision", by, reason: "by hand" } as const;
    const [event] = given(created, pinned).when(unpin);
    expect(event).toEqual({ type: "RevisionUnpinned", data: { by, reason: "by hand" } });
    expect(given(created, pinned, event!).state.pin).toBeUndefined();
    expect(given(created, pinned, event!).when(unpin)).toEqual([]);
    expect(given().when(unpin)).toEqual([]);
  });

  it("of another stage is left alone where one is named", () => {
    const unpin = { type: "UnpinRevision", by, reason: "moved" } as const;
    const when = given(created, pinned).when;
    expect(when({ ...unpin, of: { pipeline: "shop", stage: "staging" } })).toEqual([]);
    expect(when({ ...unpin, of: { pipeline: "other", stage: "prod" } })).toEqual([]);
    expect(when({ ...unpin, of: { pipeline: "shop", stage: "prod" } })).toHaveLength(1);
  });

  it("stays when the spec changes, and is gone with the application", () => {
    const { spec, labels, annotations } = created.data;
    const updated: ApplicationEvent = {
      type: "ApplicationUpdated",
      data: { spec: { ...spec, source: { ...spec.source, targetRevision: "release" } }, labels, annotations },
    };
    expect(given(created, pinned, updated).state.pin).toEqual(pin);
    expect(given(created, pinned, { type: "ApplicationDeleted", data: { cascade: true } }).state.pin).toBeUndefined();
  });
});
