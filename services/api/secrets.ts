import { canonicalJson } from "../../domain/sync/canonical.ts";
import type { StoredClusterSpec, StoredRepositorySpec } from "../../schemas/events/configuration.ts";
import type { Cluster } from "../../schemas/kinds/cluster.ts";
import type { Repository } from "../../schemas/kinds/repository.ts";
import type { ApiCredentials, CredentialKind } from "./ports.ts";

/** A change to the sealed store: a new value, or undefined to remove it. */
export interface SecretChange {
  kind: CredentialKind;
  name: string;
  value: unknown;
}

/** A spec as the ledger holds it, and what changes in the sealed store beside it. */
export interface Split<Spec> {
  spec: Spec;
  secrets: SecretChange[];
  /** Secrets that were to be kept although the address they belong to changed: they must be given again. */
  orphaned?: string;
  /** Where a secret has to stand that was not given, and that nothing works without. */
  missing?: string;
}

type Digest = (text: string) => string;

/** Present in the object: the new one. Absent: the one before is kept. Present but empty: none. */
function choose(value: unknown, before: string | undefined, digest: Digest) {
  if (value === undefined) return { digest: before, given: false, value: undefined };
  const empty = typeof value === "object" && value !== null && Object.keys(value).length === 0;
  return empty
    ? { digest: undefined, given: true, value: undefined }
    : { digest: digest(canonicalJson(value)), given: true, value };
}

/** A cluster's spec without its credentials, which go to the sealed store under the cluster's name. */
export function splitCluster(
  { metadata, spec }: Cluster,
  before: StoredClusterSpec | undefined,
  digest: Digest,
): Split<StoredClusterSpec> {
  const { credentials, ...rest } = spec;
  const chosen = choose(credentials, before?.credentialsDigest, digest);
  const moved = !chosen.given && before !== undefined && chosen.digest !== undefined && before.server !== spec.server;
  return {
    spec: { ...rest, ...(chosen.digest !== undefined && { credentialsDigest: chosen.digest }) },
    secrets: chosen.given ? [{ kind: "cluster", name: metadata.name, value: chosen.value }] : [],
    ...(moved && { orphaned: "spec.server" }),
  };
}

/** A repository's spec without credentials and webhook secret, which go to the sealed store under the repository's name. */
export function splitRepository(
  { metadata: { name }, spec }: Repository,
  before: StoredRepositorySpec | undefined,
  digest: Digest,
): Split<StoredRepositorySpec> {
  const { credentials, webhook, ...rest } = spec;
  const chosen = choose(credentials, before?.credentialsDigest, digest);
  const secrets: SecretChange[] = chosen.given ? [{ kind: "repository", name, value: chosen.value }] : [];
  const stored: StoredRepositorySpec = {
    ...rest,
    ...(chosen.digest !== undefined && { credentialsDigest: chosen.digest }),
  };
  if (webhook) {
    const { secret, ...open } = webhook;
    const kept = choose(secret === undefined ? undefined : { secret }, before?.webhook?.secretDigest, digest);
    if (kept.given) secrets.push({ kind: "webhook", name, value: kept.value });
    stored.webhook = { ...open, ...(kept.digest !== undefined && { secretDigest: kept.digest }) };
  } else if (before?.webhook?.secretDigest !== undefined) secrets.push({ kind: "webhook", name, value: undefined });
  const moved = !chosen.given && chosen.digest !== undefined && before !== undefined && before.url !== spec.url;
  return { spec: stored, secrets, ...(moved && { orphaned: "spec.url" }) };
}

/** Writes secrets to the sealed store; the returned function puts back what was there before. */
export async function storeSecrets(store: ApiCredentials, changes: SecretChange[]): Promise<() => Promise<void>> {
  const undo: (() => Promise<unknown>)[] = [];
  const revert = async () => {
    for (const step of undo.toReversed()) await step();
  };
  try {
    for (const { kind, name, value } of changes) {
      const before = await store.get<unknown>(kind, name);
      undo.push(() => (before === undefined ? store.delete(kind, name) : store.put(kind, name, before)));
      await store.put(kind, name, value);
    }
  } catch (error) {
    await revert().catch(() => undefined);
    throw error;
  }
  return revert;
}
