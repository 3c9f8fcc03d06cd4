import { createGithubAppTokens } from "../../adapters/git/github-app.ts";
import { createPullRequests, type ConnectedPullRequests } from "../../adapters/git-providers/pull-requests.ts";
import type { ServerConfiguration } from "../../schemas/server-configuration.ts";
import type { RepositoryDirectory } from "./repositories.ts";

/** Pull requests, comments and commit statuses at the providers of the configured repositories, with their credentials. */
export function pullRequestsOf({
  repositories,
  configuration,
}: {
  repositories: Pick<RepositoryDirectory, "credentialsFor" | "providerFor">;
  configuration: Pick<ServerConfiguration, "git">;
}): ConnectedPullRequests {
  return createPullRequests({
    githubToken: createGithubAppTokens({ fetch, now: Date.now }),
    allowPlainHttp: configuration.git.allowPlainHttp,
    async repositoryOf(repoURL) {
      return { ...repositories.providerFor(repoURL), credentials: await repositories.credentialsFor(repoURL) };
    },
  });
}
