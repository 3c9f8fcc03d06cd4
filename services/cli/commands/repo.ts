import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import type { RepositoryObject } from "../../../schemas/api/objects.ts";
import { SluiceError, toSluiceError } from "../../../schemas/errors.ts";
import { repositoryRows } from "../columns.ts";
import { type Context, usage } from "../context.ts";
import { nameFrom } from "../name-from.ts";
import { applyMade } from "./apply.ts";
import { existing } from "./existing.ts";

interface AddOptions {
  name?: string;
  prefix?: boolean;
  username?: string;
  passwordStdin?: boolean;
  passwordFile?: string;
  sshPrivateKeyFile?: string;
  sshKnownHostsFile?: string;
  githubAppId?: string;
  githubAppInstallationId?: string;
  githubAppKeyFile?: string;
  webhook?: string;
  webhookSecretFile?: string;
  pollInterval?: string;
  upsert?: boolean;
  skipCheck?: boolean;
  dryRun?: boolean;
}

/** Registers a repository, its credentials and its webhook. Secrets come from files or standard input, never from flags. */
export async function add(context: Context, url: string, options: AddOptions): Promise<void> {
  const name = options.name ?? nameFrom(url.replace(/^[a-z+]+:\/\/|^[^@/]+@|\.git$/g, "").replace(/^[^/:]+[/:]/, ""));
  const given = await credentialsOf(context, options);
  const credentials = Object.keys(given).length > 0 ? given : undefined;
  const before = await existing<RepositoryObject>(
    context,
    { kind: "Repository", path: "/repositories", name },
    options,
  );
  await check(context, { url, credentials, prefix: options.prefix ?? before?.spec.match === "prefix" }, options);
  const secret = webhookSecret(options, before);
  const object = {
    apiVersion: "sluice.dev/v1",
    kind: "Repository",
    metadata: { ...before?.metadata, name },
    spec: {
      ...before?.spec,
      url,
      ...(options.prefix && { match: "prefix" }),
      ...(credentials && { credentials }),
      ...(options.webhook !== undefined && {
        webhook: { ...kept(options, before), provider: options.webhook, ...(secret && { secret: secret.value }) },
      }),
      ...(options.pollInterval !== undefined && { pollInterval: options.pollInterval }),
    },
  };
  await applyMade(context, object, options.dryRun ?? false);
  if (options.webhook === undefined || options.dryRun) return;
  const address = `${context.client.connection.server}/webhooks/${options.webhook}/${name}`;
  context.note(`Point the webhook at ${address} (as it is reached from there), with content type application/json.`);
  if (secret?.made) {
    context.note("Its secret follows; it is shown this once:");
    context.io.out(`${secret.value}\n`);
  }
}

/** Asks the address for its refs, from where the server is. What addresses begin with can't be asked. */
async function check(
  { client, note }: Context,
  { url, credentials, prefix }: { url: string; credentials: object | undefined; prefix: boolean },
  { skipCheck }: AddOptions,
): Promise<void> {
  if (skipCheck) return;
  if (prefix) {
    note("Not checked: it is what the addresses of repositories begin with.");
    return;
  }
  try {
    await client.post("/repositories/check", { body: { url, ...(credentials && { credentials }) } });
  } catch (thrown) {
    const { code, message, next, problems } = toSluiceError(thrown);
    if (!code.startsWith("Source")) throw thrown;
    const skip = code === "SourceRefused" ? "" : "; to register it all the same, add --skip-check";
    throw new SluiceError(code, message, { problems, next: `${next ?? "check the address"}${skip}`, cause: thrown });
  }
}

/** The webhook as it was, when it is of the same provider. */
const kept = ({ webhook }: AddOptions, before: RepositoryObject | undefined) =>
  before?.spec.webhook?.provider === webhook ? before?.spec.webhook : undefined;

async function credentialsOf(context: Context, options: AddOptions): Promise<Record<string, unknown>> {
  const { username, passwordStdin, passwordFile, sshPrivateKeyFile, sshKnownHostsFile } = options;
  const password = passwordStdin
    ? (await context.io.readStdin()).trim()
    : passwordFile === undefined
      ? context.io.env["SLUICE_REPOSITORY_PASSWORD"]
      : secretIn(passwordFile).trim();
  return {
    ...(username !== undefined && { username }),
    ...(password && { password }),
    ...(sshPrivateKeyFile !== undefined && { sshPrivateKey: secretIn(sshPrivateKeyFile) }),
    ...(sshKnownHostsFile !== undefined && { sshKnownHosts: secretIn(sshKnownHostsFile) }),
    ...githubApp(options),
  };
}

function githubApp({ githubAppId, githubAppInstallationId, githubAppKeyFile }: AddOptions): Record<string, unknown> {
  if (githubAppId === undefined && githubAppInstallationId === undefined && githubAppKeyFile === undefined) return {};
  if (githubAppId === undefined || githubAppInstallationId === undefined || githubAppKeyFile === undefined) {
    throw usage(
      "A GitHub App needs all three of its flags",
      "Give --github-app-id, --github-app-installation-id and --github-app-key-file.",
    );
  }
  const privateKey = secretIn(githubAppKeyFile);
  return { githubApp: { appID: githubAppId, installationID: githubAppInstallationId, privateKey } };
}

/** A secret that is stored for the same provider's webhook stays; only a file replaces it. */
function webhookSecret(
  options: AddOptions,
  before: RepositoryObject | undefined,
): { value: string; made: boolean } | undefined {
  const { webhook, webhookSecretFile } = options;
  if (webhook === undefined) return undefined;
  const stored = kept(options, before) !== undefined && before?.status.webhookSecret === "Stored";
  if (stored && webhookSecretFile === undefined) return undefined;
  if (webhookSecretFile !== undefined) return { value: secretIn(webhookSecretFile).trim(), made: false };
  return { value: randomBytes(32).toString("base64url"), made: true };
}

function secretIn(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    throw new SluiceError("Usage", `The file ${file} can't be read`, {
      next: "Check its name and permissions.",
      cause,
    });
  }
}

/** Lists repositories. */
export async function list(context: Context): Promise<void> {
  const items = await context.client.list<RepositoryObject>("/repositories");
  await context.show(items, repositoryRows(context.io, Date.now()));
}
