import { generateKeyPairSync, randomUUID, sign } from "node:crypto";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";

/** A token server as distribution's token specification has it, with one account. */
export interface TokenServer extends AsyncDisposable {
  realm: string;
  service: string;
  issuer: string;
  /** Public keys, as JWKs. */
  keys: object[];
  /** Scopes that were asked for, with who asked. */
  asked: { account: string | undefined; scope: string }[];
  /** Seconds that its tokens hold. */
  lifetime: number;
}

/** Gives pull tokens to one account, and to nobody else. Source: distribution.github.io/distribution/spec/auth/token. */
export async function startTokenServer(account: { username: string; password: string }): Promise<TokenServer> {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const kid = randomUUID();
  const asked: TokenServer["asked"] = [];
  const state = { lifetime: 300 };
  const service = "registry.example";
  const issuer = "token.example";

  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");
  const tokenFor = (scope: string): string => {
    const [type, name, actions = ""] = scope.split(":");
    const now = Math.floor(Date.now() / 1_000);
    const claims = {
      ...{ iss: issuer, aud: service, sub: account.username, jti: randomUUID() },
      ...{ iat: now, nbf: now - 1, exp: now + state.lifetime },
      access: [{ type, name, actions: actions.split(",") }],
    };
    const text = `${part({ typ: "JWT", alg: "ES256", kid })}.${part(claims)}`;
    const signature = sign("sha256", Buffer.from(text), { key: privateKey, dsaEncoding: "ieee-p1363" });
    return `${text}.${signature.toString("base64url")}`;
  };
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? "/", "http://token.example");
    const scope = url.searchParams.get("scope") ?? "";
    const who = accountOf(request);
    asked.push({ account: who?.username, scope });
    const known = who?.username === account.username && who.password === account.password;
    const right = url.pathname === "/token" && url.searchParams.get("service") === service;
    response.writeHead(!right ? 400 : known ? 200 : 401, { "content-type": "application/json" });
    response.end(right && known ? JSON.stringify({ token: tokenFor(scope), expires_in: state.lifetime }) : "{}");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    ...{ service, issuer, asked },
    realm: `http://127.0.0.1:${port}/token`,
    keys: [{ ...publicKey.export({ format: "jwk" }), kid, use: "sig", alg: "ES256" }],
    get lifetime() {
      return state.lifetime;
    },
    set lifetime(seconds) {
      state.lifetime = seconds;
    },
    [Symbol.asyncDispose]: () => new Promise<void>((resolve) => server.close(() => resolve())),
  };
}

function accountOf(request: IncomingMessage): { username: string; password: string } | undefined {
  const encoded = /^Basic (.+)$/.exec(request.headers.authorization ?? "")?.[1];
  if (encoded === undefined) return undefined;
  const [username = "", password = ""] = Buffer.from(encoded, "base64").toString("utf8").split(":");
  return { username, password };
}
