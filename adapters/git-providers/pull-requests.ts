import type { OpenedPullRequest, PullRequest, PullRequests } from "../../activities/promotion/pull-request.ts";
import { SluiceError, toSluiceError } from "../../schemas/errors.ts";
import type { RepositoryCredentials } from "../../schemas/kinds/repository.ts";
import type { Provider } from "../../schemas/providers.ts";
import { createApis } from "./api.ts";
import { azureDevops } from "./azure-devops.ts";
import { bitbucketCloud } from "./bitbucket-cloud.ts";
import { bitbucketServer } from "./bitbucket-server.ts";
import { showing, type GithubTokens } from "./credentials.ts";
import { gitea } from "./gitea.ts";
import { github } from "./github.ts";
import { gitlab } from "./gitlab.ts";
import { placeOf, type PullRequestProvider } from "./place.ts";
import type { NewPullRequest, Open, ProviderRepository } from "./provider.ts";

/** What the Repository that covers an address says. */
export interface RepositoryAccess {
  provider?: Provider | undefined;
  apiURL?: string | undefined;
  credentials?: RepositoryCredentials | undefined;
}

export interface PullRequestsOptions {
  repositoryOf(repoURL: string): Promise<RepositoryAccess>;
  githubToken: GithubTokens;
  /** Hosts that may be spoken to without TLS; loopback always may. */
  allowPlainHttp?: readonly string[];
  /** Milliseconds since the epoch. */
  now?(): number;
  timeoutMs?: number;
}

const PROVIDERS: Readonly<Record<PullRequestProvider, { name: string; open: Open; headers?: Record<string, string> }>> =
  {
    github: {
      name: "GitHub",
      open: github,
      headers: { accept: "application/vnd.github+json", "x-github-api-version": "2022-11-28" },
    },
    gitlab: { name: "GitLab", open: gitlab },
    gitea: { name: "Gitea", open: gitea },
    forgejo: { name: "Forgejo", open: gitea },
    "bitbucket-cloud": { name: "Bitbucket", open: bitbucketCloud },
    // Its check against forged forms is for browsers.
    "bitbucket-server": { name: "Bitbucket", open: bitbucketServer, headers: { "x-atlassian-token": "no-check" } },
    "azure-devops": { name: "Azure DevOps", open: azureDevops },
  };

/** Pull requests at all providers. */
export interface ConnectedPullRequests extends PullRequests {
  /** Ends the connections that are kept. */
  disconnect(): Promise<void>;
}

export function createPullRequests(options: PullRequestsOptions): ConnectedPullRequests {
  const apis = createApis({
    now: options.now ?? Date.now,
    ...(options.timeoutMs !== undefined && { timeoutMs: options.timeoutMs }),
  });

  const at = async (repoURL: string): Promise<ProviderRepository> => {
    const { provider, apiURL, credentials } = await options.repositoryOf(repoURL);
    const base = apiURL ?? (credentials?.githubApp && ownApp(credentials.githubApp.baseURL));
    const place = placeOf(repoURL, { provider, apiURL: base, allowPlainHttp: options.allowPlainHttp });
    const shown = await showing(place, credentials, options.githubToken);
    const { name, open, headers } = PROVIDERS[place.provider];
    const api = apis.of({
      ...{ name, base: place.base, secrets: shown.secrets, caData: credentials?.caData },
      headers: { ...headers, ...shown.headers },
    });
    return open(api, place.path, place.provider);
  };

  return {
    open: async ({ repoURL, ...asked }) => opened(await at(repoURL), asked),
    get: async ({ repoURL, number }) => (await at(repoURL)).get(number),
    async merge({ repoURL, number, head }) {
      const repository = await at(repoURL);
      const found = await repository.get(number);
      if (found.state === "Merged") return { merged: true };
      if (found.state === "Closed") return { merged: false, why: "it was closed" };
      if (found.head !== head)
        return { merged: false, why: `its branch is at ${found.head.slice(0, 12)} now, not at ${head.slice(0, 12)}` };
      return repository.merge(found);
    },
    async close({ repoURL, number, comment }) {
      const repository = await at(repoURL);
      const found = await repository.get(number);
      if (found.state !== "Open") return found;
      await told(repository, { number, key: "closed", body: comment });
      return closed(repository, found);
    },
    deleteBranch: async ({ repoURL, branch }) => (await at(repoURL)).deleteBranch(branch),
    comment: async ({ repoURL, ...comment }) => told(await at(repoURL), comment),
    commitStatus: async ({ repoURL, ...status }) => (await at(repoURL)).commitStatus(checked(status)),
    disconnect: () => apis.close(),
  };
}

/** GitHub's own address is told by the repository's host, so that only another one is taken from the app. */
const ownApp = (baseURL: string): string | undefined =>
  baseURL.replace(/\/+$/, "") === "https://api.github.com" ? undefined : baseURL;

async function opened(repository: ProviderRepository, asked: NewPullRequest): Promise<OpenedPullRequest> {
  const { branch, base, reviewers } = asked;
  const there = await repository.find(branch, base);
  const { made, complaints } = there ? { made: there, complaints: [] } : await create(repository, asked);
  const more =
    made.state === "Open" ? await repository.decorate?.(made.number, { labels: asked.labels, reviewers }) : [];
  return { ...made, complaints: [...complaints, ...(more ?? [])] };
}

/** A refusal may be for one that another try made meanwhile, or for a reviewer, without whom it is asked for then. */
async function create(
  repository: ProviderRepository,
  asked: NewPullRequest,
): Promise<{ made: PullRequest; complaints: string[] }> {
  try {
    return await repository.create(asked);
  } catch (thrown) {
    const error = toSluiceError(thrown);
    if (!REFUSALS.has(error.code)) throw error;
    const there = await repository.find(asked.branch, asked.base);
    if (there) return { made: there, complaints: [] };
    if (asked.reviewers.length === 0) throw error;
    const { made } = await repository.create({ ...asked, reviewers: [] }).catch(() => Promise.reject(error));
    return { made, complaints: [error.message] };
  }
}

const REFUSALS: ReadonlySet<string> = new Set(["InvalidInput", "Conflict", "NotFound"]);

async function closed(repository: ProviderRepository, found: PullRequest): Promise<PullRequest> {
  try {
    await repository.close(found);
  } catch (thrown) {
    // Somebody merged or closed it in between.
    const now = await repository.get(found.number);
    if (now.state !== "Open") return now;
    throw thrown;
  }
  return repository.get(found.number);
}

async function told(
  repository: ProviderRepository,
  { number, key, body }: { number: number; key: string; body: string },
): Promise<{ url?: string }> {
  const marker = repository.marker(key);
  const text = `${body.trimEnd()}\n\n${marker}`;
  for await (const comment of repository.comments(number)) {
    if (!comment.body.trimEnd().endsWith(marker)) continue;
    if (comment.body.trimEnd() === text) return comment.url === undefined ? {} : { url: comment.url };
    return repository.editComment(number, comment, text);
  }
  return repository.addComment(number, text);
}

type Status = Parameters<ProviderRepository["commitStatus"]>[0];

function checked(status: Status): Status {
  if (!/^[0-9a-f]{40,64}$/.test(status.commit)) {
    throw new SluiceError("InvalidInput", "A commit status is for a full commit id.");
  }
  if (!/^https?:\/\//.test(status.url)) {
    throw new SluiceError("InvalidInput", "The address of a commit status is neither http nor https.");
  }
  return status;
}
