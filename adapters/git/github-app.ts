import { createSign } from "node:crypto";
import { isLoopback } from "../../domain/routing/repo-url.ts";
import { SluiceError } from "../../schemas/errors.ts";

/** A GitHub App's installation. */
export interface GithubApp {
  appID: string;
  installationID: string;
  /** PEM. */
  privateKey: string;
  baseURL: string;
}

export interface GithubAppOptions {
  fetch: typeof fetch;
  /** Milliseconds since the epoch. */
  now: () => number;
}

interface Token {
  token: string;
  expiresAt: number;
}

/** GitHub's own limit is ten minutes; its clock may be a minute behind ours. */
const JWT_SECONDS = 540;
const SKEW_SECONDS = 60;
/** A token is renewed while it still lives this long. */
const RENEW_BEFORE_MS = 5 * 60_000;
const REQUEST_TIMEOUT_MS = 15_000;

/** Installation tokens of GitHub Apps, each kept until shortly before it expires. Throws `SourceForbidden` or `SourceUnavailable`. */
export function createGithubAppTokens(options: GithubAppOptions): (app: GithubApp) => Promise<string> {
  const tokens = new Map<string, Promise<Token>>();
  return async (app) => {
    const key = JSON.stringify([app.baseURL, app.appID, app.installationID, app.privateKey]);
    const kept = await tokens.get(key)?.catch(() => undefined);
    if (kept && kept.expiresAt - RENEW_BEFORE_MS > options.now()) return kept.token;
    const asked = request(app, options);
    tokens.set(key, asked);
    asked.catch(() => tokens.delete(key));
    return (await asked).token;
  };
}

async function request(app: GithubApp, options: GithubAppOptions): Promise<Token> {
  const url = tokenURL(app);
  let response: Response;
  try {
    response = await options.fetch(url.href, {
      method: "POST",
      redirect: "error",
      signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
      headers: {
        accept: "application/vnd.github+json",
        authorization: `Bearer ${signedToken(app, Math.floor(options.now() / 1_000))}`,
        "user-agent": "sluice",
        "x-github-api-version": "2022-11-28",
      },
    });
  } catch (error) {
    if (error instanceof SluiceError) throw error;
    throw new SluiceError("SourceUnavailable", `${url.origin} could not be reached for a GitHub App token.`, {
      next: "check that the host is reachable; it is tried again",
    });
  }
  if (response.status >= 500 || response.status === 429) {
    throw new SluiceError("SourceUnavailable", `${url.origin} answered ${response.status} for a GitHub App token.`);
  }
  if (!response.ok) {
    throw new SluiceError("SourceForbidden", `${url.origin} refused the GitHub App (status ${response.status}).`, {
      next: "check appID, installationID and privateKey of the Repository",
    });
  }
  return readToken(await response.json().catch(() => undefined), url.origin);
}

function readToken(body: unknown, origin: string): Token {
  const { token, expires_at: expires } = (body ?? {}) as { token?: unknown; expires_at?: unknown };
  const expiresAt = typeof expires === "string" ? Date.parse(expires) : Number.NaN;
  if (typeof token === "string" && /^[\x21-\x7e]+$/.test(token) && !Number.isNaN(expiresAt))
    return { token, expiresAt };
  throw new SluiceError("SourceUnavailable", `${origin} answered something that is not a GitHub App token.`);
}

function tokenURL(app: GithubApp): URL {
  const url = new URL(app.baseURL);
  const plain = url.protocol === "http:" && isLoopback(url.hostname);
  if (!plain && url.protocol !== "https:") {
    throw new SluiceError("SourceRefused", "The GitHub App's baseURL is refused: it is not https.");
  }
  if (!/^\d+$/.test(app.installationID)) {
    throw new SluiceError("SourceRefused", "The GitHub App's installationID is refused: it is not a number.");
  }
  url.pathname = `${url.pathname.replace(/\/+$/, "")}/app/installations/${app.installationID}/access_tokens`;
  url.search = "";
  return url;
}

/** The JWT by which an app shows who it is: RS256, as GitHub asks. */
function signedToken(app: GithubApp, nowSeconds: number): string {
  const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const claims = { iat: nowSeconds - SKEW_SECONDS, exp: nowSeconds + JWT_SECONDS, iss: app.appID };
  const text = `${encode({ alg: "RS256", typ: "JWT" })}.${encode(claims)}`;
  try {
    return `${text}.${createSign("RSA-SHA256").update(text).sign(app.privateKey).toString("base64url")}`;
  } catch {
    throw new SluiceError("SourceForbidden", "The GitHub App's privateKey is not an RSA key in PEM form.", {
      next: "give the Repository the private key that GitHub made for the app",
    });
  }
}
