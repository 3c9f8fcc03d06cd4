import { describe, expect, test } from "vitest";
import { GENESIS } from "../../../domain/ledger/chain.ts";
import { eventTypes, parseRecord, recordedEvents, recordText } from "../../../domain/ledger/record.ts";
import type { DomainEvent } from "../../../schemas/events/index.ts";

const events: DomainEvent[] = [
  { type: "HealthChanged", data: { from: "Healthy", to: "Degraded", objects: [] } },
  { type: "DriftResolved", data: { inventory: "d1" } },
];
const meta = { at: "2026-01-01T00:00:00Z", actor: { kind: "user", name: "ada" }, cause: "c-1" } as const;
const aggregate = { type: "application", name: "shop" } as const;

describe("a ledger record", () => {
  test("comes back as the events that were put in, each with its place", () => {
    const text = recordText(events, meta, GENESIS);
    expect(recordedEvents({ aggregate, sequence: 7, text })).toEqual(
      events.map((event, index) => ({ aggregate, event, sequence: 7, index, ...meta })),
    );
  });

  test("has the same bytes whatever the order of the actor's fields", () => {
    const turned = { ...meta, actor: { name: "ada", kind: "user" } as const };
    expect(recordText(events, turned, GENESIS)).toBe(recordText(events, meta, GENESIS));
  });

  test("is written in the newest version and read from an older one", () => {
    const table = { DriftResolved: [(data: { digest: string }) => ({ inventory: data.digest })] };
    const old = JSON.stringify({
      events: [{ type: "DriftResolved", v: 1, data: { digest: "d0" } }],
      ...meta,
      prev: GENESIS,
    });
    expect(recordedEvents({ aggregate, sequence: 1, text: old }, table)[0]?.event.data).toEqual({ inventory: "d0" });
    expect(parseRecord(recordText(events, meta, GENESIS, table))?.events.map(({ v }) => v)).toEqual([1, 2]);
  });

  test("from a newer Sluice is refused with what it holds", () => {
    const text = JSON.stringify({ events: [{ type: "DriftResolved", v: 9, data: {} }], ...meta, prev: GENESIS });
    expect(() => recordedEvents({ aggregate, sequence: 3, text })).toThrow(/message 3 .*DriftResolved version 9/);
  });

  test.each([
    "",
    "{",
    "null",
    "[]",
    "{}",
    '{"events":{}}',
    '{"events":[1],"prev":"","at":""}',
    '{"events":[],"prev":1}',
  ])("is not read out of %j", (text) => {
    expect(parseRecord(text)).toBeUndefined();
    expect(() => recordedEvents({ aggregate, sequence: 5, text })).toThrow(
      expect.objectContaining({ code: "LedgerCorrupt" }),
    );
  });

  test("names its events in the header", () => {
    expect(eventTypes(events)).toBe("HealthChanged,DriftResolved");
  });
});
