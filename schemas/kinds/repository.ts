import { z } from "zod";
import { PROVIDERS } from "../providers.ts";
import { API_VERSION, Duration, Metadata } from "./metadata.ts";

export const RepositoryCredentials = z
  .strictObject({
    username: z.string().optional(),
    password: z.string().optional().describe("Password or access token for HTTPS."),
    sshPrivateKey: z.string().optional(),
    sshKnownHosts: z.string().optional().describe("known_hosts lines; the host's key must be among them."),
    githubApp: z
      .strictObject({
        appID: z.string(),
        installationID: z.string(),
        privateKey: z.string(),
        baseURL: z.url().default("https://api.github.com"),
      })
      .optional(),
    caData: z.string().optional().describe("CA certificates for HTTPS, PEM."),
  })
  .describe("Write only: stored encrypted, never readable back.");

export const RepositorySpec = z.strictObject({
  url: z
    .string()
    .min(1)
    .describe("Address of the repository or, with match: prefix, what the addresses of an organisation begin with."),
  match: z.enum(["exact", "prefix"]).default("exact"),
  credentials: RepositoryCredentials.optional(),
  webhook: z
    .strictObject({
      provider: z.enum(PROVIDERS),
      secret: z
        .string()
        .min(1)
        .optional()
        .describe("Write only. Shared secret of the webhook's signature, or basic password for Azure DevOps."),
      username: z.string().optional().describe("Azure DevOps: name of the basic authentication."),
      allowUnsigned: z
        .boolean()
        .default(false)
        .describe("Take webhooks without a signature. Only for networks that nobody else reaches."),
    })
    .optional(),
  apiURL: z
    .url({ protocol: /^https?$/ })
    .max(2_048)
    .optional()
    .describe(
      "Address of the provider's API, where it is not the usual one of the host: `https://github.example/api/v3`, `https://git.example/gitlab/api/v4`. The password of the credentials is its token.",
    ),
  pollInterval: Duration.default("3m").describe(
    "How often to look for changes that no webhook told of; jitter is added.",
  ),
});

export const Repository = z
  .strictObject({
    apiVersion: z.literal(API_VERSION),
    kind: z.literal("Repository"),
    metadata: Metadata,
    spec: RepositorySpec,
  })
  .describe("A Git repository, or an organisation's repositories, with its credentials and webhook secret.");

export type RepositoryCredentials = z.output<typeof RepositoryCredentials>;
export type RepositorySpec = z.output<typeof RepositorySpec>;
export type Repository = z.output<typeof Repository>;
