import pino from "pino";
import { Registry } from "prom-client";
import { createApi } from "../../../services/api/app.ts";
import { registerHealth } from "../../../services/api/health.ts";
import { initialiseLedger } from "../../../services/api/initialise.ts";
import { memoryPorts } from "./memory.ts";

export const TOKEN = "test-token-of-more-than-32-characters";

/** An API on memory ports with the first facts of its ledger written, and a way to call it with the token. */
export async function apiInstance(options: { requestTimeoutMs?: number; now?: () => Date } = {}) {
  const memory = memoryPorts();
  const metrics = new Registry();
  const logged: string[] = [];
  const log = pino({ level: "trace" }, { write: (line: string) => void logged.push(line) });
  await initialiseLedger(memory.ports, { version: "0.0.0-test", now: new Date(0) });
  // The very object, so that a test can change a port later.
  const more = { tokens: [{ name: "admin", token: TOKEN }], version: "0.0.0-test", log, metrics, ...options };
  const app = createApi(Object.assign(memory.ports, more));
  registerHealth(app, [], metrics);
  const call = async (method: "GET" | "POST" | "DELETE", path: string, body?: unknown, headers: object = {}) => {
    const answer = await app.inject({
      method,
      url: path.startsWith("/api") ? path : `/api/v1${path}`,
      headers: { authorization: `Bearer ${TOKEN}`, ...headers },
      ...(body !== undefined && { payload: body as object }),
    });
    return {
      status: answer.statusCode,
      headers: answer.headers,
      text: answer.body,
      body: (answer.body.startsWith("{") ? JSON.parse(answer.body) : undefined) as never,
    };
  };
  const apply = (text: string, query = "") => call("POST", `/apply${query}`, { files: [{ file: "test.yaml", text }] });
  return { ...memory, app, call, apply, logged, metrics };
}

export const CLUSTER = `
apiVersion: sluice.dev/v1
kind: Cluster
metadata: { name: staging }
spec:
  server: https://staging.example:6443
  credentials: { token: CANARY-cluster-token }
`;

export const application = (name: string, more = "") => `
apiVersion: sluice.dev/v1
kind: Application
metadata: { name: ${name} }
spec:
  source: { repoURL: https://git.example/shop.git, path: apps/${name} }
  destination: { name: staging, namespace: shop }
  ${more}
`;

export const REPOSITORY = `
apiVersion: sluice.dev/v1
kind: Repository
metadata: { name: shop }
spec:
  url: https://git.example/shop.git
  credentials: { username: bot, password: CANARY-repository-password }
  webhook: { provider: github, secret: CANARY-webhook-secret }
`;
