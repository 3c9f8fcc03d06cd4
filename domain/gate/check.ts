import { nearest } from "../../schemas/api/nearest.ts";
import type { AccountSpec } from "../../schemas/kinds/account.ts";
import type { AnalysisTemplateSpec } from "../../schemas/kinds/analysis-template.ts";
import type { Approval, Gate, PromotionWindow } from "../../schemas/kinds/gate.ts";
import type { GatePolicySpec } from "../../schemas/kinds/gate-policy.ts";
import type { PipelineSpec } from "../../schemas/kinds/pipeline.ts";
import type { Finding } from "../configuration/references.ts";
import { checkVerification } from "../verification/check.ts";
import { checkTime } from "../window/check.ts";
import { gatesOf } from "./resolve.ts";
import { stagesBefore, UPSTREAM } from "./upstream.ts";
import { windowsNeverOpen } from "./windows.ts";

/** What gates refer to, once the batch is applied. */
export interface GateKnown {
  gatePolicies: ReadonlyMap<string, GatePolicySpec>;
  analysisTemplates: ReadonlyMap<string, AnalysisTemplateSpec>;
  accounts: ReadonlyMap<string, AccountSpec>;
  /** Keys of the secrets that verifications use, by name. */
  secrets: ReadonlyMap<string, readonly string[]>;
}

/** What is wrong with a pipeline's gates and verifications, in places such as `spec.stages.0.gates.1.soak`. `instant` is now. */
export function checkPipelineGates(spec: PipelineSpec, known: GateKnown, instant: number): Finding[] {
  return spec.stages.flatMap((stage, index) => {
    const place = `spec.stages.${index}`;
    const { gates, verification } = stage;
    return [
      ...checkGates(gates, `${place}.gates`, { known, instant }),
      ...(verification ? checkVerification(verification, `${place}.verification`, known) : []),
      ...checkEmergencyGroups(stage.emergencyGroups, `${place}.emergencyGroups`, known),
      ...repeated(gates, `${place}.gates`),
      ...(stagesBefore(spec, stage).length === 0 ? soakingFirst(gates, `${place}.gates`, known) : []),
    ];
  });
}

/** What is wrong with the gates of a GatePolicy. */
export const checkGatePolicy = (spec: GatePolicySpec, known: GateKnown, instant: number): Finding[] =>
  checkGates(spec.gates, "spec.gates", { known, instant });

interface Around {
  known: GateKnown;
  instant: number;
}

const checkGates = (gates: readonly Gate[], place: string, around: Around): Finding[] =>
  gates.flatMap((gate, index) => checkGate(gate, `${place}.${index}`, around));

function checkGate(gate: Gate, place: string, { known, instant }: Around): Finding[] {
  const found: Finding[] = [];
  if (gate.name === UPSTREAM) {
    const message = `the name ${UPSTREAM} stands for the gate that every stage has`;
    found.push({ path: `${place}.name`, message, next: "give it another name" });
  }
  if (gate.policy !== undefined) found.push(...checkPolicy(gate.policy, `${place}.policy`, known));
  if (gate.approval) found.push(...checkApproval(gate.approval, `${place}.approval`, known));
  if (gate.windows) found.push(...checkWindows(gate.windows, `${place}.windows`, instant));
  if (gate.verification) {
    found.push(...checkVerification(gate.verification, `${place}.verification`, known));
  }
  return found;
}

function repeated(gates: readonly Gate[], place: string): Finding[] {
  const names = gates.map(({ name }) => name);
  return names.flatMap((name, index) =>
    names.indexOf(name) < index ? [{ path: `${place}.${index}.name`, message: `two gates have the name ${name}` }] : [],
  );
}

function checkPolicy(name: string, path: string, { gatePolicies }: GateKnown): Finding[] {
  if (gatePolicies.has(name)) return [];
  const meant = nearest(name, [...gatePolicies.keys()]);
  const next = meant ? `did you mean ${meant}?` : "apply it first or together with this";
  return [{ path, message: `there is no GatePolicy ${name}`, next }];
}

/** A gate that nobody, or too few, could ever open. Groups count by the accounts that are in them now. */
function checkApproval({ required, groups, people }: Approval, place: string, { accounts }: GateKnown): Finding[] {
  const enabled = [...accounts].filter(([, { disabled }]) => !disabled);
  const unknown = people.flatMap((name, index) => {
    if (accounts.has(name)) return [];
    const meant = nearest(name, [...accounts.keys()]);
    const next = meant ? `did you mean ${meant}?` : "apply its Account first or together with this";
    return [{ path: `${place}.people.${index}`, message: `there is no Account ${name}`, next }];
  });
  const may = enabled.filter(
    ([name, account]) => people.includes(name) || account.groups.some((group) => groups.includes(group)),
  );
  if (unknown.length > 0 || may.length >= required) return unknown;
  const who =
    may.length === 0 ? "nobody is" : `only ${may.map(([name]) => name).join(", ")} ${may.length === 1 ? "is" : "are"}`;
  const where = groups.length > 0 ? ` in ${groups.join(" or ")}` : " named";
  return [
    {
      path: `${place}.required`,
      message: `asks for ${required} ${required === 1 ? "person" : "people"}, and ${who}${where}`,
      next: "give more Accounts these groups, or ask for fewer",
    },
  ];
}

/** A group that nobody is in lets nobody skip a gate when it matters. */
function checkEmergencyGroups(groups: readonly string[], place: string, { accounts }: GateKnown): Finding[] {
  const there = new Set([...accounts.values()].flatMap((account) => (account.disabled ? [] : account.groups)));
  return groups.flatMap((group, index) => {
    if (there.has(group)) return [];
    const meant = nearest(group, [...there]);
    const next = meant ? `did you mean ${meant}?` : "give an Account this group, first or together with this";
    return [{ path: `${place}.${index}`, message: `no Account is in the group ${group}`, next }];
  });
}

function checkWindows(windows: readonly PromotionWindow[], place: string, instant: number): Finding[] {
  const found = windows.flatMap((window, index) =>
    checkTime(window, instant).map(({ path, ...finding }) => ({ path: `${place}.${index}.${path}`, ...finding })),
  );
  if (found.length > 0 || !windowsNeverOpen(windows, instant)) return found;
  const message = "the windows let nothing in for a year to come: the gate could never open";
  return [{ path: place, message, next: "shorten the deny windows, or add times that they leave free" }];
}

/** A soak with nothing before it: the release could never have been verified there. */
function soakingFirst(gates: readonly Gate[], place: string, { gatePolicies }: GateKnown): Finding[] {
  return gates.flatMap((gate, index) => {
    const all = gatesOf({ gates: [gate] }, gatePolicies);
    if (all.every(({ soak }) => soak === undefined)) return [];
    return [
      {
        path: `${place}.${index}.${gate.policy === undefined ? "soak" : "policy"}`,
        message: "nothing soaks in the first stage: no stage comes before it",
        next: "take the gate away, or give the stage `after`",
      },
    ];
  });
}
