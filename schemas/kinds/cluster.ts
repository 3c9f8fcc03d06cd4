import { z } from "zod";
import { API_VERSION, Metadata } from "./metadata.ts";

export const ClusterCredentials = z
  .strictObject({
    kubeconfig: z
      .string()
      .optional()
      .describe("A kubeconfig; programs, auth providers and file references in it are refused."),
    context: z.string().optional().describe("Context of the kubeconfig; its current one by default."),
    token: z.string().optional().describe("Bearer token of a service account."),
    caData: z.string().optional().describe("CA certificates, PEM or base64 of PEM."),
    insecureSkipTLSVerify: z.boolean().optional(),
  })
  .refine((credentials) => (credentials.kubeconfig === undefined) !== (credentials.token === undefined), {
    message: "exactly one of kubeconfig and token must be set",
  })
  .describe("Write only: stored encrypted, never readable back.");

export const ClusterSpec = z.strictObject({
  server: z.url().describe("Address of the API server; must be the one of the kubeconfig when that is given."),
  credentials: ClusterCredentials.optional(),
});

export const Cluster = z
  .strictObject({
    apiVersion: z.literal(API_VERSION),
    kind: z.literal("Cluster"),
    metadata: Metadata,
    spec: ClusterSpec,
  })
  .describe("A Kubernetes cluster that applications can be deployed to.");

export type ClusterCredentials = z.output<typeof ClusterCredentials>;
export type ClusterSpec = z.output<typeof ClusterSpec>;
export type Cluster = z.output<typeof Cluster>;
