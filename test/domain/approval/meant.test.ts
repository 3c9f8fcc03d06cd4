import { expect, it } from "vitest";
import { gateMeant } from "../../../domain/approval/meant.ts";
import { personOf } from "../../../domain/approval/person.ts";
import { Approval, type Gate } from "../../../schemas/kinds/gate.ts";
import type { PromotionView } from "../../../schemas/promotion-views.ts";

const gate = (name: string, approval: object): Gate => ({ name, approval: Approval.parse(approval) });
const SRE = gate("sre", { groups: ["sre"] });
const BOSS = gate("boss", { people: ["boss", "ada"] });
const ada = personOf("ada", { groups: ["sre"], aliases: [] });

const promotion = (states: Record<string, "wait" | "pass">, said: string[] = []) =>
  ({
    ...{ promotion: "p", stage: "prod" },
    gates: Object.entries(states).map(([name, state]) => ({ gate: name, state })),
    approvals: said.map((name) => ({ gate: name, by: { kind: "user", name: "ada" } })),
  }) as unknown as PromotionView;

it("the only gate that asks a person is meant, also once it has passed", () => {
  expect(gateMeant([SRE, BOSS], personOf("bob", { groups: ["sre"], aliases: [] }), promotion({ sre: "pass" }))).toBe(
    SRE,
  );
});

it("of several the one that waits, then the one without a yes of the person", () => {
  expect(gateMeant([SRE, BOSS], ada, promotion({ sre: "pass", boss: "wait" }))).toBe(BOSS);
  expect(gateMeant([SRE, BOSS], ada, promotion({ sre: "wait", boss: "wait" }, ["boss"]))).toBe(SRE);
  expect(() => gateMeant([SRE, BOSS], ada, promotion({ sre: "wait", boss: "wait" }))).toThrow(
    "Several gates ask ada: sre, boss",
  );
});

it("a name says which, and a wrong one is told those there are", () => {
  expect(gateMeant([SRE, BOSS], ada, promotion({ sre: "wait", boss: "wait" }), "boss")).toBe(BOSS);
  expect(() => gateMeant([SRE], ada, promotion({}), "soak")).toThrow("has no gate soak");
});

it("somebody whom no gate asks is told who is asked", () => {
  expect(() => gateMeant([SRE], personOf("eve", undefined), promotion({}))).toThrow("No gate of promotion p asks eve");
  expect(() => gateMeant([], ada, promotion({}))).toThrow("asks nobody");
});
