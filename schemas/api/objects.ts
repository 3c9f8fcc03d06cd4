import { z } from "zod";
import { StoredClusterSpec, StoredRepositorySpec } from "../events/configuration.ts";
import { ApplicationSpec } from "../kinds/application.ts";
import { ProjectSpec } from "../kinds/project.ts";
import { ResourceCustomizationSpec } from "../kinds/resource-customization.ts";
import { ApplicationView, RepositoryView } from "../views.ts";
import { described } from "./described.ts";
import type {
  AccountObject,
  AnalysisTemplateObject,
  GatePolicyObject,
  NotificationObject,
  PipelineObject,
  ReleaseSourceObject,
} from "./promotion-objects.ts";

const Stamps = {
  createdAt: z.string().describe("RFC 3339."),
  updatedAt: z.string().describe("RFC 3339, of its newest configuration."),
  sequence: z.int().describe("Ledger sequence of its newest event."),
};

/** An Application as the API shows it: its configuration, as it would be applied, and what is known of it. */
export const ApplicationObject = described(
  "Application",
  ApplicationSpec,
  ApplicationView.omit({ name: true, labels: true, annotations: true, spec: true }),
).meta({ id: "ApplicationObject" });

export const ProjectObject = described(
  "Project",
  ProjectSpec,
  z.object({ ...Stamps, applications: z.int().describe("Applications in it.") }),
).meta({ id: "ProjectObject" });

export const ConnectionState = z
  .object({
    status: z.enum(["Connected", "Unreachable", "Unknown"]),
    message: z.string().optional(),
    kubernetesVersion: z.string().optional(),
    since: z.string().optional(),
  })
  .describe("Whether the watch reaches the cluster's API server.");

export const ClusterObject = described(
  "Cluster",
  StoredClusterSpec.omit({ credentialsDigest: true }),
  z.object({
    ...Stamps,
    credentials: z.enum(["Stored", "None"]).describe("Credentials are never readable back."),
    connection: ConnectionState,
    applications: z.int(),
  }),
).meta({ id: "ClusterObject" });

const StoredWebhook = StoredRepositorySpec.shape.webhook.unwrap().omit({ secretDigest: true });

export const RepositoryObject = described(
  "Repository",
  StoredRepositorySpec.omit({ credentialsDigest: true }).extend({ webhook: StoredWebhook.optional() }),
  z.object({
    ...Stamps,
    credentials: z.enum(["Stored", "None"]),
    webhookSecret: z.enum(["Stored", "None"]),
    refs: RepositoryView.shape.refs,
  }),
).meta({ id: "RepositoryObject" });

export const ResourceCustomizationObject = described(
  "ResourceCustomization",
  ResourceCustomizationSpec,
  z.object(Stamps),
).meta({ id: "ResourceCustomizationObject" });

export type ApplicationObject = z.output<typeof ApplicationObject>;
export type ProjectObject = z.output<typeof ProjectObject>;
export type ClusterObject = z.output<typeof ClusterObject>;
export type RepositoryObject = z.output<typeof RepositoryObject>;
export type ResourceCustomizationObject = z.output<typeof ResourceCustomizationObject>;
export type ConnectionState = z.output<typeof ConnectionState>;
/** Any configuration object as the API shows it. */
export type ApiObject =
  | ApplicationObject
  | ProjectObject
  | ClusterObject
  | RepositoryObject
  | ResourceCustomizationObject
  | z.output<typeof PipelineObject>
  | z.output<typeof ReleaseSourceObject>
  | z.output<typeof GatePolicyObject>
  | z.output<typeof AnalysisTemplateObject>
  | z.output<typeof NotificationObject>
  | z.output<typeof AccountObject>;
