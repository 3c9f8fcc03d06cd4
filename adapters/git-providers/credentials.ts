import { SluiceError } from "../../schemas/errors.ts";
import type { RepositoryCredentials } from "../../schemas/kinds/repository.ts";
import type { Place, PullRequestProvider } from "./place.ts";

/** Headers by which a request shows who it is from, and what of them is secret. */
export interface Shown {
  headers: Record<string, string>;
  secrets: string[];
}

export type GithubTokens = (app: NonNullable<RepositoryCredentials["githubApp"]>) => Promise<string>;

/**
 * The credentials of a Repository as the API of its provider takes them: a GitHub App, else the password, which is a token. With an ssh key
 * beside it the password is for the API alone. Throws `SourceForbidden` where there is none.
 */
export async function showing(
  { provider, base }: Pick<Place, "provider" | "base">,
  credentials: RepositoryCredentials | undefined,
  githubToken: GithubTokens,
): Promise<Shown> {
  if (provider === "github" && credentials?.githubApp) return bearer(await githubToken(credentials.githubApp));
  const { username, password } = credentials ?? {};
  if (password === undefined || password === "") {
    throw new SluiceError("SourceForbidden", `The Repository has no token for the API at ${base}.`, {
      next: "give its credentials a password, which is an access token that may write pull requests; an ssh key stays beside it",
    });
  }
  if (/[^\x20-\x7e]/.test(password) || /[^\x20-\x7e]|:/.test(username ?? "")) {
    throw new SluiceError(
      "SourceForbidden",
      "The Repository's user name or password has characters that can't be sent.",
    );
  }
  return SCHEMES[provider](username, password);
}

const bearer = (token: string): Shown => ({ headers: { authorization: `Bearer ${token}` }, secrets: [token] });

function basic(username: string, password: string): Shown {
  const encoded = Buffer.from(`${username}:${password}`).toString("base64");
  return { headers: { authorization: `Basic ${encoded}` }, secrets: [password, encoded] };
}

/** Names that git takes with a token, which are nobody's: the API wants the token alone then. */
const TOKEN_NAMES: ReadonlySet<string> = new Set(["x-token-auth", "oauth2", "git", "x-access-token"]);
const alone = (username: string | undefined): username is undefined =>
  username === undefined || TOKEN_NAMES.has(username);

/**
 * Sources: docs.github.com/rest/authentication; docs.gitlab.com/api/rest/authentication (tokens as OAuth headers);
 * docs.gitea.com/development/api-usage; developer.atlassian.com/cloud/bitbucket/rest/intro (authentication);
 * confluence.atlassian.com/bitbucketserver/http-access-tokens-939515499.html; learn.microsoft.com/azure/devops/integrate/get-started/authentication.
 */
const SCHEMES: Readonly<Record<PullRequestProvider, (username: string | undefined, password: string) => Shown>> = {
  github: (_username, password) => bearer(password),
  gitlab: (_username, password) => bearer(password),
  gitea,
  forgejo: gitea,
  "bitbucket-cloud": (username, password) => (alone(username) ? bearer(password) : basic(username, password)),
  "bitbucket-server": (username, password) => (alone(username) ? bearer(password) : basic(username, password)),
  "azure-devops": (username, password) => basic(username ?? "", password),
};

function gitea(username: string | undefined, password: string): Shown {
  if (!alone(username)) return basic(username, password);
  return { headers: { authorization: `token ${password}` }, secrets: [password] };
}
