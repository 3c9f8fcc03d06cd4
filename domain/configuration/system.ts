import type { SystemEvent } from "../../schemas/events/index.ts";
import type { ProjectSpec } from "../../schemas/kinds/project.ts";
import type { Actor } from "../../schemas/operation.ts";
import type { Decider } from "../decider.ts";
import { decideSecret, evolveSecrets, type GivenSecrets, type SecretCommand } from "./secret.ts";
import { decideSigningKey, evolveSigningKeys, type SigningKeyCommand, type SigningKeys } from "./signing-key.ts";

export interface SystemState {
  initialised: boolean;
  /** Who stopped the line, why and when (RFC 3339); absent while promotions may go on. */
  line?: { reason: string; by: Actor; at: string };
  /** Keys that commits are signed with; none when absent. */
  signingKeys?: SigningKeys;
  /** Secrets that verifications use; none when absent. */
  secrets?: GivenSecrets;
}
export type SystemCommand =
  | { type: "Initialise"; version: string; installation: string }
  /** Said again by somebody while it is stopped, it is nothing new. */
  | { type: "StopLine"; reason: string; by: Actor; at: string }
  | { type: "ResumeLine"; by: Actor; at: string }
  | SigningKeyCommand
  | SecretCommand;

/** The aggregate `system`, name `sluice`: says once that this ledger is in use, and whether promotions may go on. */
export const systemDecider: Decider<SystemState, SystemCommand, SystemEvent> = {
  aggregate: "system",
  initial: { initialised: false },
  evolve: (state, event) => {
    switch (event.type) {
      case "SystemInitialised":
        return { ...state, initialised: true };
      case "LineStopped":
        return { ...state, line: event.data };
      case "LineResumed": {
        const { line: _, ...going } = state;
        return going;
      }
      case "SigningKeyAdded":
      case "SigningKeyRemoved":
        return { ...state, signingKeys: evolveSigningKeys(state.signingKeys, event) };
      case "SecretGiven":
      case "SecretRemoved":
        return { ...state, secrets: evolveSecrets(state.secrets, event) };
      default:
        return state;
    }
  },
  decide: (command, state) => {
    switch (command.type) {
      case "Initialise": {
        const { version, installation } = command;
        return state.initialised ? [] : [{ type: "SystemInitialised", data: { version, installation } }];
      }
      case "StopLine": {
        const { reason, by, at } = command;
        return state.line ? [] : [{ type: "LineStopped", data: { reason, by, at } }];
      }
      case "ResumeLine": {
        const { by, at } = command;
        return state.line ? [{ type: "LineResumed", data: { by, at } }] : [];
      }
      case "AddSigningKey":
      case "RemoveSigningKey":
        return decideSigningKey(command, state.signingKeys);
      case "GiveSecret":
      case "RemoveSecret":
        return decideSecret(command, state.secrets);
    }
  },
};

/** Name of the project of applications that name none. */
export const DEFAULT_PROJECT = "default";

/** What the default project allows when it is created at first start: everything, as Argo CD's does, until someone narrows it. */
export const DEFAULT_PROJECT_SPEC: ProjectSpec = {
  description: "Applications that name no project. Created at first start; allows everything until it is narrowed.",
  sourceRepos: ["*"],
  destinations: [{ name: "*", namespace: "*" }],
  clusterResourceWhitelist: [{ group: "*", kind: "*" }],
  clusterResourceBlacklist: [],
  namespaceResourceBlacklist: [],
};
