import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { chainWalk, GENESIS } from "../../../domain/ledger/chain.ts";
import type { ChainedMessage } from "../../../domain/ledger/chain.ts";
import { eventTypes, recordText } from "../../../domain/ledger/record.ts";
import type { DomainEvent } from "../../../schemas/events/index.ts";

const meta = { at: "2026-01-01T00:00:00Z", actor: { kind: "system", name: "test" }, cause: "c" } as const;
const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");

/** A whole ledger with one message for each subject named, each different. */
function ledgerOf(subjects: readonly string[]): ChainedMessage[] {
  const heads = new Map<string, string>();
  return subjects.map((subject, index) => {
    const events: DomainEvent[] = [{ type: "DriftResolved", data: { inventory: `d${index}` } }];
    const text = recordText(events, meta, heads.get(subject) ?? GENESIS);
    heads.set(subject, sha256(text));
    return { subject, sequence: index + 1, text, types: eventTypes(events), hash: sha256(text) };
  });
}

function brokenIn(messages: readonly ChainedMessage[], contiguous = true) {
  const walk = chainWalk({ contiguous });
  for (const message of messages) walk.step(message);
  return walk.broken;
}

const subjects = fc.array(fc.constantFrom("a", "b", "c"), { minLength: 1, maxLength: 30 });

describe("the hash chain", () => {
  test("holds for every ledger as it was written", () => {
    const holds = fc.property(subjects, (of) => {
      expect(brokenIn(ledgerOf(of))).toEqual([]);
    });
    fc.assert(holds);
  });

  test("shows any changed byte of a message that has a successor on its subject, at the successor", () => {
    fc.assert(
      fc.property(subjects, fc.nat(), (of, pick) => {
        const messages = ledgerOf(of);
        const at = pick % messages.length;
        const victim = messages[at] as ChainedMessage;
        const text = victim.text.replace(/"d\d+"/, '"forged"');
        const forged = messages.with(at, { ...victim, text, hash: sha256(text) });
        const successor = messages.find(
          ({ subject, sequence }) => subject === victim.subject && sequence > victim.sequence,
        );
        expect(brokenIn(forged).map(({ sequence }) => sequence)).toEqual(successor ? [successor.sequence] : []);
      }),
    );
  });

  test("shows any message taken out, as a gap", () => {
    fc.assert(
      fc.property(subjects, fc.nat(), (of, pick) => {
        const messages = ledgerOf([...of, "z"]);
        const at = pick % of.length;
        const broken = brokenIn(messages.toSpliced(at, 1));
        expect(broken[0]).toMatchObject({
          sequence: at + 2,
          message: `the messages ${at + 1} to ${at + 1} are missing`,
        });
      }),
    );
  });

  test("tells what the chain of one subject alone cannot hide", () => {
    const messages = ledgerOf(["a", "a", "a"]);
    expect(brokenIn(messages.toSpliced(1, 1), false)).toEqual([
      { subject: "a", sequence: 3, message: expect.stringMatching(/^it follows .* but the message before it/) },
    ]);
  });

  test("shows a message that is no record, and a header that does not fit", () => {
    const [first, second] = ledgerOf(["a", "b"]) as [ChainedMessage, ChainedMessage];
    expect(brokenIn([{ ...first, text: "{}" }])).toEqual([
      { subject: "a", sequence: 1, message: "the message is no ledger record" },
    ]);
    expect(brokenIn([first, { ...second, types: "ProjectDeleted" }])).toEqual([
      { subject: "b", sequence: 2, message: "its header does not name its events" },
    ]);
  });
});
