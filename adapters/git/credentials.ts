import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { SluiceError } from "../../schemas/errors.ts";
import type { RepositoryCredentials } from "../../schemas/kinds/repository.ts";
import type { GitAddress } from "./address.ts";
import type { GitAccess } from "./command.ts";
import type { GitSetting } from "./environment.ts";
import type { GithubApp } from "./github-app.ts";

/** What a git process gets to reach one repository, and how to take it back. */
export interface PreparedAccess extends GitAccess {
  release(): Promise<void>;
}

export interface AccessOptions {
  /** Where short-lived key files may be; its files are readable by this user only. */
  dir: string;
  githubToken: (app: GithubApp) => Promise<string>;
}

/**
 * Credentials as git takes them: an authorization header through the environment, bound to the repository's own scheme, host and
 * port; an SSH key as a file that is gone after the command. Nothing stands in arguments or in git's configuration on disk.
 */
export async function prepareAccess(
  address: GitAddress,
  credentials: RepositoryCredentials | undefined,
  options: AccessOptions,
): Promise<PreparedAccess> {
  const files = new KeyFiles(options.dir);
  try {
    const access =
      address.scheme === "ssh"
        ? await sshAccess(credentials, files)
        : await httpAccess(address, credentials, { files, githubToken: options.githubToken });
    return { protocol: address.scheme, ...access, release: () => files.remove() };
  } catch (error) {
    await files.remove();
    throw error;
  }
}

/** Files of one command, in a directory of their own. */
class KeyFiles {
  readonly #parent: string;
  #dir: string | undefined;

  constructor(parent: string) {
    this.#parent = parent;
  }

  async write(name: string, text: string): Promise<string> {
    this.#dir ??= await mkdtemp(join(this.#parent, "access-"));
    const path = join(this.#dir, name);
    await writeFile(path, text.endsWith("\n") ? text : `${text}\n`, { mode: 0o600, flag: "wx" });
    return path;
  }

  async remove(): Promise<void> {
    if (this.#dir !== undefined) await rm(this.#dir, { recursive: true, force: true });
  }
}

async function httpAccess(
  address: GitAddress,
  credentials: RepositoryCredentials | undefined,
  { files, githubToken }: { files: KeyFiles; githubToken: AccessOptions["githubToken"] },
): Promise<GitAccess> {
  const origin = `${address.scheme}://${address.host}${address.port === undefined ? "" : `:${address.port}`}/`;
  const settings: GitSetting[] = [];
  const secrets: string[] = [];
  const login = await loginOf(credentials, githubToken);
  if (login) {
    const basic = Buffer.from(`${login.username}:${login.password}`).toString("base64");
    settings.push([`http.${origin}.extraHeader`, `Authorization: Basic ${basic}`]);
    secrets.push(login.password, basic);
  }
  if (credentials?.caData !== undefined) {
    settings.push([`http.${origin}.sslCAInfo`, await files.write("ca.pem", credentials.caData)]);
  }
  return { settings, secrets };
}

async function loginOf(
  credentials: RepositoryCredentials | undefined,
  githubToken: AccessOptions["githubToken"],
): Promise<{ username: string; password: string } | undefined> {
  if (credentials?.githubApp) return { username: "x-access-token", password: await githubToken(credentials.githubApp) };
  if (credentials?.password === undefined && credentials?.username === undefined) return undefined;
  const { username = "git", password = "" } = credentials;
  if (/[\u0000-\u001f\u007f]/.test(password) || /[\u0000-\u001f\u007f:]/.test(username)) {
    throw new SluiceError(
      "SourceForbidden",
      "The Repository's user name or password has characters that can't be sent.",
      {
        next: "give the Repository a user name without `:` and a password without line breaks",
      },
    );
  }
  return { username, password };
}

async function sshAccess(credentials: RepositoryCredentials | undefined, files: KeyFiles): Promise<GitAccess> {
  if (credentials?.sshPrivateKey === undefined || credentials.sshKnownHosts === undefined) {
    const missing = credentials?.sshPrivateKey === undefined ? "sshPrivateKey" : "sshKnownHosts";
    throw new SluiceError("SourceForbidden", `The Repository has no ${missing}, which reading over ssh needs.`, {
      next: "give the Repository sshPrivateKey and the host's line of sshKnownHosts",
    });
  }
  const key = await files.write("key", credentials.sshPrivateKey);
  const knownHosts = await files.write("known_hosts", credentials.sshKnownHosts);
  return { sshCommand: sshCommand(key, knownHosts), secrets: [] };
}

/** git gives this to a shell: both paths are ours and stand in single quotes. */
function sshCommand(key: string, knownHosts: string): string {
  const quote = (path: string) => `'${path.replaceAll("'", "'\\''")}'`;
  const options = [
    "BatchMode=yes",
    "IdentitiesOnly=yes",
    "IdentityAgent=none",
    "StrictHostKeyChecking=yes",
    "GlobalKnownHostsFile=/dev/null",
    "UpdateHostKeys=no",
    "ForwardAgent=no",
    "ClearAllForwardings=yes",
    "PermitLocalCommand=no",
    "ProxyCommand=none",
    "ConnectTimeout=15",
    "ServerAliveInterval=15",
    "ServerAliveCountMax=2",
  ];
  const flags = options.map((option) => `-o ${option}`).join(" ");
  return `ssh -F /dev/null ${flags} -o ${quote(`UserKnownHostsFile="${knownHosts}"`)} -i ${quote(key)}`;
}
