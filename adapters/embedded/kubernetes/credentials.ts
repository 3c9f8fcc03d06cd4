import { generateKeyPairSync, X509Certificate } from "node:crypto";
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { stringify } from "yaml";
import { secretFile } from "../secret-file.ts";

/** What an API server and its clients know each other by; every file is readable by this user only. */
export interface ClusterCredentials {
  /** Token of a member of system:masters, for people and tests. */
  token: string;
  /** Token of the cluster's own controllers. */
  controllerToken: string;
  tokenFile: string;
  /** Signs service account tokens. */
  signingKeyFile: string;
  verifyingKeyFile: string;
  /** Where the API server keeps the certificate that it signs for itself. */
  certificateFolder: string;
}

/** A self-signed certificate is replaced when it has less than this left to live, in milliseconds. */
const RENEW_BEFORE_MS = 30 * 24 * 3_600_000;

/** Makes the credentials at the first start in that folder, and reads them again at the next ones. */
export async function clusterCredentials(folder: string): Promise<ClusterCredentials> {
  const token = await secretFile(join(folder, "admin-token"));
  const controllerToken = await secretFile(join(folder, "controller-token"));
  const signingKeyFile = join(folder, "service-account.key");
  const pair = generateKeyPairSync("ec", {
    namedCurve: "P-256",
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "sec1", format: "pem" },
  });
  const signingKey = await secretFile(signingKeyFile, () => pair.privateKey);
  const verifyingKeyFile = join(folder, "service-account.pub");
  if (signingKey === pair.privateKey) await writeFile(verifyingKeyFile, pair.publicKey, { mode: 0o600 });
  const tokenFile = join(folder, "tokens.csv");
  const rows = [
    `${token},admin,admin,system:masters`,
    `${controllerToken},sluice-simulation,sluice-simulation,system:masters`,
  ];
  await writeFile(tokenFile, rows.map((row) => `${row}\n`).join(""), { mode: 0o600 });
  const certificateFolder = join(folder, "certificates");
  await dropExpiring(certificateFolder);
  return { token, controllerToken, tokenFile, signingKeyFile, verifyingKeyFile, certificateFolder };
}

/** A kubeconfig (YAML) with the authority and the token in it. */
export function kubeconfig(cluster: { name: string; server: string; caData: string; token: string }): string {
  const { name, server, caData, token } = cluster;
  return stringify({
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name, cluster: { server, "certificate-authority-data": caData } }],
    users: [{ name, user: { token } }],
    contexts: [{ name, context: { cluster: name, user: name } }],
    "current-context": name,
  });
}

async function dropExpiring(folder: string): Promise<void> {
  const certificate = await readFile(join(folder, "apiserver.crt")).catch(() => undefined);
  if (certificate === undefined) return;
  const left = Date.parse(new X509Certificate(certificate).validTo) - Date.now();
  if (left < RENEW_BEFORE_MS) await rm(folder, { recursive: true, force: true });
}
