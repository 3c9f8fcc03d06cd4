import { describe, expect, it } from "vitest";
import { checkAccount } from "../../../domain/account/check.ts";
import { type AccountCommand, accountDecider } from "../../../domain/account/decider.ts";
import { type AccountState, MOST_TOKENS } from "../../../domain/account/state.ts";
import { foldAccount } from "../../../domain/projections/account.ts";
import type { AccountEvent, RecordedEvent } from "../../../schemas/events/index.ts";
import { AccountSpec } from "../../../schemas/kinds/account.ts";
import type { AccountView } from "../../../schemas/promotion-views.ts";

const BY = { kind: "user", name: "admin" } as const;
const AT = "2026-01-01T00:00:00.000Z";
const spec = (given: object = {}): AccountSpec => AccountSpec.parse(given);
const configure = (given: object = {}): AccountCommand => ({
  type: "Configure",
  spec: spec(given),
  labels: {},
  annotations: {},
});
const issue = (id: string, more: object = {}): AccountCommand => ({
  ...{ type: "IssueToken", account: "ada", id, digest: `digest-${id}`, by: BY, at: AT },
  ...more,
});
const revoke = (id: string): AccountCommand => ({ type: "RevokeToken", account: "ada", id, by: BY });

const given = (...commands: AccountCommand[]): { state: AccountState; events: AccountEvent[] } => {
  let state = accountDecider.initial;
  const events: AccountEvent[] = [];
  for (const command of commands) {
    const said = accountDecider.decide(command, state);
    state = said.reduce(accountDecider.evolve, state);
    events.push(...said);
  }
  return { state, events };
};
const types = ({ events }: { events: AccountEvent[] }) => events.map(({ type }) => type);

describe("an account", () => {
  it("has tokens issued and revoked, and only digests of them", () => {
    const { state, events } = given(configure(), issue("a", { description: "laptop" }), issue("b"), revoke("a"));
    expect(state.tokens).toEqual({ b: { digest: "digest-b" } });
    expect(events[1]).toEqual({
      type: "AccountTokenIssued",
      data: { id: "a", digest: "digest-a", by: BY, at: AT, description: "laptop" },
    });
  });

  it("is told the same twice without news, and refuses what can't be", () => {
    expect(types(given(configure(), issue("a"), issue("a")))).toEqual(["AccountCreated", "AccountTokenIssued"]);
    expect(() => given(issue("a"))).toThrow("There is no Account ada");
    expect(() => given(configure(), issue("a"), issue("a", { digest: "other" }))).toThrow("has a token a already");
    for (const id of ["a", "constructor", "__proto__"])
      expect(() => given(configure(), revoke(id))).toThrow(`no token ${id}`);
  });

  it("keeps its tokens when it is changed, and loses them for good when it is deleted", () => {
    expect(given(configure(), issue("a"), configure({ role: "admin" })).state.tokens).toHaveProperty("a");
    expect(given(configure(), issue("a"), { type: "Remove" }, configure()).state.tokens).toEqual({});
  });

  it("has so many tokens at once; those that have expired don't count", () => {
    const many = (more: object) => Array.from({ length: MOST_TOKENS }, (_, at) => issue(`t${at}`, more));
    expect(() => given(configure(), ...many({}), issue("one-more"))).toThrow("none more is issued");
    expect(() => given(configure(), ...many({ expiresAt: AT }), issue("one-more"))).not.toThrow();
  });

  it("as everybody sees it has the tokens that were not revoked, and is gone with its tokens", () => {
    const fold = (events: AccountEvent[]): AccountView | undefined =>
      events.reduce<AccountView | undefined>(
        (before, event, sequence) =>
          foldAccount(before, {
            ...{ aggregate: { type: "account", name: "ada" }, event, sequence, index: 0 },
            ...{ at: AT, actor: BY, cause: "test" },
          } as RecordedEvent),
        undefined,
      );
    const commands = [
      configure({ groups: ["sre"] }),
      issue("a"),
      issue("b"),
      revoke("a"),
      configure({ groups: ["dev"] }),
    ];
    expect(fold(given(...commands).events)).toMatchObject({ spec: { groups: ["dev"] }, tokens: [{ id: "b" }] });
    expect(fold(given(...commands, { type: "Remove" }).events)).toBeUndefined();
    expect(fold(given(...commands, { type: "Remove" }, configure()).events)).toMatchObject({ tokens: [] });
  });
});

describe("what is refused of an account", () => {
  const others = new Map([["bob", spec({ email: "bob@example.com", aliases: ["Bobby"] })]]);
  const paths = (name: string, own: object) => checkAccount(name, spec(own), others).map(({ path }) => path);

  it("is an identity of another, in any letters", () => {
    expect(paths("ada", { email: "BOB@example.com", aliases: ["ada-gh", "bobby", "Bob"] })).toEqual([
      ...["spec.email", "spec.aliases.1", "spec.aliases.2"],
    ]);
    expect(paths("bob", { email: "bob@example.com", aliases: ["Bobby"] })).toEqual([]);
  });

  it("is less than admin for the server's own, and the name that Sluice acts under", () => {
    expect(paths("admin", { role: "operator", disabled: true })).toEqual(["spec.role", "spec.disabled"]);
    expect(paths("admin", { role: "admin", groups: ["sre"] })).toEqual([]);
    expect(paths("sluice", {})).toEqual(["metadata.name"]);
  });
});
