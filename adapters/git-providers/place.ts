import { parseRepoURL, refusedAddress, type RepoAddress } from "../../domain/routing/repo-url.ts";
import { isLoopback } from "../../domain/routing/repo-url.ts";
import { SluiceError } from "../../schemas/errors.ts";
import type { Provider } from "../../schemas/providers.ts";

/** Providers whose API is spoken here. */
export const PULL_REQUEST_PROVIDERS = [
  "github",
  "gitlab",
  "gitea",
  "forgejo",
  "bitbucket-cloud",
  "bitbucket-server",
  "azure-devops",
] as const satisfies readonly Provider[];
export type PullRequestProvider = (typeof PULL_REQUEST_PROVIDERS)[number];

/** A repository at its provider. */
export interface Place {
  provider: PullRequestProvider;
  /** Address of the API, without a slash behind. */
  base: string;
  /** What the API names the repository by: owner and name; group path; project key and slug; organisation, project and name. */
  path: readonly string[];
}

/** What a Repository says of its provider. */
export interface PlaceSettings {
  provider?: Provider | undefined;
  apiURL?: string | undefined;
  allowPlainHttp?: readonly string[] | undefined;
}

/** Where a repository's provider is. Throws `SourceRefused` for an address that is none, `InvalidInput` when nothing tells the provider. */
export function placeOf(repoURL: string, settings: PlaceSettings = {}): Place {
  const address = parseRepoURL(repoURL.replace(/^(\s*https?:\/\/)[^/@:]*@/i, "$1"));
  if ("refused" in address) throw refusedAddress(address.refused);
  const provider = providerOf(address, settings.provider);
  const base = settings.apiURL === undefined ? undefined : checkedBase(settings.apiURL, settings.allowPlainHttp);
  const place = PLACES[provider](address, base);
  return { ...place, base: checkedBase(place.base, settings.allowPlainHttp) };
}

const HOSTS: Readonly<Record<string, PullRequestProvider>> = {
  "github.com": "github",
  "ssh.github.com": "github",
  "gitlab.com": "gitlab",
  "bitbucket.org": "bitbucket-cloud",
  "codeberg.org": "forgejo",
  "gitea.com": "gitea",
  "dev.azure.com": "azure-devops",
  "ssh.dev.azure.com": "azure-devops",
  "vs-ssh.visualstudio.com": "azure-devops",
};
/** A host that says what it is: `gitlab.example.com`. */
const LABELS: Readonly<Record<string, PullRequestProvider>> = {
  github: "github",
  gitlab: "gitlab",
  gitea: "gitea",
  forgejo: "forgejo",
  bitbucket: "bitbucket-server",
};

function providerOf({ host }: RepoAddress, named: Provider | undefined): PullRequestProvider {
  const known = PULL_REQUEST_PROVIDERS.find((each) => each === named);
  if (known !== undefined) return known;
  if (named === "gogs") {
    throw new SluiceError("InvalidInput", `Gogs, which serves ${host}, has no API for pull requests.`, {
      next: "use mode commit for stages whose repository is there",
    });
  }
  const label = LABELS[host.split(".")[0]!];
  const found = HOSTS[host] ?? (host.endsWith(".visualstudio.com") ? "azure-devops" : label);
  if (found !== undefined) return found;
  throw new SluiceError("InvalidInput", `Nothing says which provider serves ${host}.`, {
    next: `set webhook.provider of its Repository: ${PULL_REQUEST_PROVIDERS.join(", ")}`,
  });
}

/** The address without a slash behind; a token is shown over TLS only. */
function checkedBase(apiURL: string, allowPlainHttp: readonly string[] = []): string {
  const url = new URL(apiURL);
  const plain = url.protocol === "http:" && (isLoopback(url.hostname) || allowPlainHttp.includes(url.hostname));
  if (url.protocol !== "https:" && !plain) {
    throw new SluiceError("SourceRefused", `The API of the Repository is refused: plain http to ${url.hostname}.`, {
      next: "use https, or name the host in git.allowPlainHttp of the server",
    });
  }
  return `${url.origin}${url.pathname.replace(/\/+$/, "")}`;
}

type Placing = (address: RepoAddress, base: string | undefined) => Place;

/** A web origin: ssh addresses are of the same host, behind https. */
const origin = ({ scheme, host, port }: RepoAddress): string =>
  scheme === "ssh" ? `https://${host}` : `${scheme}://${host}${port === undefined ? "" : `:${port}`}`;

const names = ({ path }: RepoAddress): string[] => path.split("/").map((name) => decodeURIComponent(name));

const short = (address: RepoAddress, form: string): SluiceError =>
  new SluiceError("InvalidInput", `${origin(address)}/${address.path} is not of the form ${form}.`, {
    next: "use the address that the provider shows for cloning",
  });

const PLACES: Readonly<Record<PullRequestProvider, Placing>> = {
  github: (address, base) => {
    const own = address.host === "github.com" || address.host === "ssh.github.com";
    return {
      provider: "github",
      base: base ?? (own ? "https://api.github.com" : `${origin(address)}/api/v3`),
      path: lastTwo(address),
    };
  },
  // GitLab may stand under a path, which then is in both addresses.
  gitlab: (address, base) => {
    const api = base ?? `${origin(address)}/api/v4`;
    const root = new URL(api).pathname
      .replace(/\/api\/v4$/, "")
      .split("/")
      .filter(Boolean);
    const path = names(address);
    const own = root.every((name, index) => path[index] === name) ? path.slice(root.length) : path;
    if (own.length < 2) throw short(address, "https://host/group/project");
    return { provider: "gitlab", base: api, path: [own.join("/")] };
  },
  gitea: (address, base) => gitea("gitea", address, base),
  forgejo: (address, base) => gitea("forgejo", address, base),
  "bitbucket-cloud": (address, base) => ({
    provider: "bitbucket-cloud",
    base: base ?? "https://api.bitbucket.org/2.0",
    path: lastTwo(address),
  }),
  "bitbucket-server": (address, base) => {
    const path = names(address);
    const scm = path.indexOf("scm");
    const context = scm > 0 && address.scheme !== "ssh" ? `/${path.slice(0, scm).join("/")}` : "";
    return { provider: "bitbucket-server", base: base ?? `${origin(address)}${context}/rest`, path: lastTwo(address) };
  },
  "azure-devops": azure,
};

function gitea(provider: "gitea" | "forgejo", address: RepoAddress, base: string | undefined): Place {
  const context = names(address).slice(0, -2);
  const root = [origin(address), ...(address.scheme === "ssh" ? [] : context)].join("/");
  return { provider, base: base ?? `${root}/api/v1`, path: lastTwo(address) };
}

function lastTwo(address: RepoAddress): [string, string] {
  const [owner, name] = names(address).slice(-2);
  if (owner === undefined || name === undefined) throw short(address, "https://host/owner/repository");
  return [owner, name];
}

/** `…/<organisation>/<project>/_git/<repository>`; a repository with its project's name is written without the project. */
function azure(address: RepoAddress, base: string | undefined): Place {
  const path = names(address);
  const form = "https://dev.azure.com/organisation/project/_git/repository";
  if (address.scheme === "ssh") {
    const [organisation, project, repository] = path[0] === "v3" ? path.slice(1) : [];
    if (organisation === undefined || project === undefined || repository === undefined) throw short(address, form);
    return {
      provider: "azure-devops",
      base: base ?? `https://dev.azure.com/${organisation}`,
      path: [project, repository],
    };
  }
  const git = path.indexOf("_git");
  const repository = path[git + 1];
  if (git < 0 || repository === undefined) throw short(address, form);
  const legacy = /^([a-z0-9-]+)\.visualstudio\.com$/.exec(address.host)?.[1];
  const before = path
    .slice(0, git)
    .filter((name) => legacy === undefined || name.toLowerCase() !== "defaultcollection");
  // In front of the project stands the organisation or, on a server, the collection and what is in front of that.
  const collections = legacy === undefined ? Math.max(1, before.length - 1) : 0;
  const project = before[collections] ?? repository;
  const root = legacy === undefined ? origin(address) : `https://dev.azure.com/${legacy}`;
  const parent = before.slice(0, collections).map((name) => `/${encodeURIComponent(name)}`);
  return { provider: "azure-devops", base: base ?? `${root}${parent.join("")}`, path: [project, repository] };
}
