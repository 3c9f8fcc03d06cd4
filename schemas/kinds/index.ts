import type { z } from "zod";
import { Account } from "./account.ts";
import { AnalysisTemplate } from "./analysis-template.ts";
import { Application } from "./application.ts";
import { Cluster } from "./cluster.ts";
import { GatePolicy } from "./gate-policy.ts";
import { Notification } from "./notification.ts";
import { Pipeline } from "./pipeline.ts";
import { Project } from "./project.ts";
import { ReleaseSource } from "./release-source.ts";
import { Repository } from "./repository.ts";
import { ResourceCustomization } from "./resource-customization.ts";

/** Every configuration kind by its name. */
export const KINDS = {
  Application,
  Project,
  Cluster,
  Repository,
  ResourceCustomization,
  Pipeline,
  ReleaseSource,
  GatePolicy,
  AnalysisTemplate,
  Notification,
  Account,
} as const;

/** Kinds of which the ledger holds the configuration as it was given: no secret part, nothing sealed. */
export const PLAIN_KINDS = [
  "ResourceCustomization",
  "Pipeline",
  "ReleaseSource",
  "GatePolicy",
  "AnalysisTemplate",
  "Account",
] as const;
export type PlainKind = (typeof PLAIN_KINDS)[number];

/** Name of a configuration kind. */
export type KindName = keyof typeof KINDS;

/** Any configuration object, as its schema returns it. */
export type ConfigObject = z.output<(typeof KINDS)[KindName]>;
