import { accountDecider } from "../../domain/account/decider.ts";
import type { ConfigurationCommand, Configured } from "../../domain/configuration/configured.ts";
import { analysisTemplateDecider, gatePolicyDecider } from "../../domain/configuration/gates.ts";
import { resourceCustomizationDecider } from "../../domain/configuration/resource-customization.ts";
import type { Decider } from "../../domain/decider.ts";
import { pipelineDecider } from "../../domain/promotion/decider.ts";
import { releaseSourceDecider } from "../../domain/release/decider.ts";
import type { DomainEvent } from "../../schemas/events/index.ts";
import { type KindName, PLAIN_KINDS, type PlainKind } from "../../schemas/kinds/index.ts";

/** As much of a plain kind's aggregate as configuring it takes. */
type PlainDecider = Decider<Configured<unknown>, ConfigurationCommand<unknown>, DomainEvent>;

/** Each takes the commands and gives the events of its own kind, which no one type says of all of them. */
const DECIDERS: Record<PlainKind, unknown> = {
  ResourceCustomization: resourceCustomizationDecider,
  Pipeline: pipelineDecider,
  ReleaseSource: releaseSourceDecider,
  GatePolicy: gatePolicyDecider,
  AnalysisTemplate: analysisTemplateDecider,
  Account: accountDecider,
};

/** The aggregate of a kind whose configuration the ledger holds as it was given. */
export const plainDeciderOf = (kind: PlainKind): PlainDecider => DECIDERS[kind] as PlainDecider;

export const isPlain = (kind: KindName): kind is PlainKind => (PLAIN_KINDS as readonly KindName[]).includes(kind);
