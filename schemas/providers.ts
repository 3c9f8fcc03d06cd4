/** Senders of webhooks, by the name that a Repository and its receiver give them. Without zod, so that the command line may list them. */
export const PROVIDERS = [
  "github",
  "gitlab",
  "gitea",
  "forgejo",
  "gogs",
  "bitbucket-cloud",
  "bitbucket-server",
  "azure-devops",
  "generic",
] as const;
export type Provider = (typeof PROVIDERS)[number];
