import { SluiceError } from "../../schemas/errors.ts";
import type { ImageName } from "../../domain/release/image-name.ts";
import { parseChallenge, type Challenge } from "./challenge.ts";
import type { Ask, HttpAnswer } from "./http.ts";
import { isOfRegistry } from "./realm.ts";

/** As much of a Repository's credentials as a registry takes. */
export interface RegistryCredentials {
  username?: string | undefined;
  password?: string | undefined;
  caData?: string | undefined;
}

/** One image's place, and how its registry is reached. */
export interface RegistryPlace {
  name: ImageName;
  insecure: boolean;
}

/** Asks registries, showing them credentials as they want them. */
export interface Session {
  /** Throws SourceForbidden when the credentials are refused, SourceUnavailable when no answer comes, SourceRefused as `ask`. */
  ask(
    place: RegistryPlace,
    question: { path: string; method: "GET" | "HEAD"; accept?: string; most: number },
  ): Promise<HttpAnswer>;
}

interface Shown {
  authorization: string;
  /** Milliseconds since 1970. */
  until: number;
}

const TOKEN_LIMIT = 256 * 1024;
/** As the token specification has it where nothing is said. */
const TOKEN_SECONDS = 60;
const MOST_SHOWN = 1_000;

/** Where requests for a registry go: Docker Hub's name is not that of its server. */
const serverOf = (registry: string): string => (registry === "docker.io" ? "registry-1.docker.io" : registry);

/** Sessions of a process: bearer tokens are kept until shortly before they expire. */
export function createSession(deps: {
  ask: Ask;
  credentialsFor(url: string): Promise<RegistryCredentials | undefined>;
  now(): number;
}): Session {
  const shown = new Map<string, Shown>();

  return {
    async ask(place, { path, method, accept, most }) {
      const { name, insecure } = place;
      const what = `${name.registry}/${name.repository}`;
      const credentials = await deps.credentialsFor(`https://${what}`);
      const base = `${insecure ? "http" : "https"}://${serverOf(name.registry)}`;
      // A link to the next page is an address already.
      const url = path.startsWith("/") ? `${base}${path}` : path;
      if (originOf(url) !== originOf(base)) throw elsewhere(what, "a page of its list");
      const headers = accept === undefined ? {} : { accept };
      const common = { url, own: base, method, headers, insecure, most, what, caData: credentials?.caData };
      const known = shown.get(what);
      const first = await deps.ask({
        ...common,
        authorization: known && known.until > deps.now() ? known.authorization : undefined,
      });
      if (first.status !== 401) return checked(first, what);
      if (originOf(first.url) !== originOf(base)) throw elsewhere(what, "a question for credentials");
      shown.delete(what);
      const challenge = parseChallenge(first.headers["www-authenticate"] ?? "");
      const show = challenge && (await answerTo(deps, { challenge, credentials, place, what }));
      if (!show) throw refused(what);
      const second = await deps.ask({ ...common, authorization: show.authorization });
      if (second.status === 401) throw refused(what);
      if (shown.size >= MOST_SHOWN) shown.clear();
      shown.set(what, show);
      return checked(second, what);
    },
  };
}

async function answerTo(
  { ask, now }: { ask: Ask; now(): number },
  {
    challenge,
    credentials,
    place,
    what,
  }: { challenge: Challenge; credentials: RegistryCredentials | undefined; place: RegistryPlace; what: string },
): Promise<Shown | undefined> {
  const basic = basicOf(credentials);
  // Basic credentials hold until they are refused.
  if (challenge.scheme === "basic") return basic === undefined ? undefined : { authorization: basic, until: Infinity };
  if (!URL.canParse(challenge.realm)) return undefined;
  const url = new URL(challenge.realm);
  const server = serverOf(place.name.registry);
  if (basic !== undefined && !isOfRegistry(url.hostname, new URL(`https://${server}`).hostname)) {
    throw elsewhere(what, `its token server ${url.hostname}`);
  }
  if (challenge.service !== undefined) url.searchParams.set("service", challenge.service);
  url.searchParams.set("scope", `repository:${place.name.repository}:pull`);
  const answer = await ask({
    ...{
      url: url.href,
      own: `https://${server}`,
      method: "GET",
      insecure: place.insecure,
      caData: credentials?.caData,
      most: TOKEN_LIMIT,
    },
    ...{ authorization: basic, what: `the token server of ${what}` },
  });
  if (answer.status === 401 || answer.status === 403) return undefined;
  const { token, access_token, expires_in } = checkedJson(answer, what) as Record<string, unknown>;
  const bearer = typeof token === "string" ? token : access_token;
  if (typeof bearer !== "string" || !/^[\x21-\x7e]+$/.test(bearer)) return undefined;
  const seconds = typeof expires_in === "number" && expires_in > 0 ? Math.min(expires_in, 3_600) : TOKEN_SECONDS;
  return { authorization: `Bearer ${bearer}`, until: now() + seconds * 900 };
}

function basicOf(credentials: RegistryCredentials | undefined): string | undefined {
  if (credentials?.password === undefined) return undefined;
  const { username = "", password } = credentials;
  return `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
}

/** A JSON object. Throws SourceUnavailable for an answer that is none. */
export function checkedJson(answer: HttpAnswer, what: string): object {
  checked(answer, what);
  try {
    const value: unknown = JSON.parse(answer.body.toString("utf8"));
    if (answer.status === 200 && typeof value === "object" && value !== null) return value;
  } catch {
    // Said below.
  }
  throw new SluiceError("SourceUnavailable", `${what} answers ${answer.status} with what is no JSON object.`, {
    next: "check that there is a registry at this address",
  });
}

/** The answer, unless it says that none can be given now, or not to these credentials. */
function checked(answer: HttpAnswer, what: string): HttpAnswer {
  if (answer.status === 403) throw refused(what);
  if (answer.status === 429) {
    throw new SluiceError("SourceUnavailable", `${what} was asked too often and wants to be left alone for a while.`, {
      next: "give a Repository for the registry with credentials, whose limit is higher, or look less often",
    });
  }
  if (answer.status >= 500) {
    throw new SluiceError("SourceUnavailable", `${what} answers ${answer.status}.`, {
      next: "nothing; it is tried again",
    });
  }
  return answer;
}

const originOf = (url: string): string | undefined => (URL.canParse(url) ? new URL(url).origin : undefined);

const elsewhere = (what: string, thing: string): SluiceError =>
  new SluiceError("SourceRefused", `${what} leads to another server for ${thing}, which gets no credentials.`, {
    next: "check the registry; where it only redirects, name the server that it redirects to",
  });

const refused = (what: string): SluiceError =>
  new SluiceError("SourceForbidden", `The registry refuses ${what} to these credentials, or needs some.`, {
    next: `give a Repository whose url is https://${what}, or a prefix of it, with username and password that may pull`,
  });
