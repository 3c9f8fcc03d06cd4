import { createHash, timingSafeEqual } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { join } from "node:path";
import { SluiceError } from "../../schemas/errors.ts";
import { GitFixture } from "./git-repository.ts";
import { serveByHttpBackend } from "./git/http-backend.ts";
import { movedRefs, refsOf, type GitPush } from "./git/push.ts";
import { claimPort } from "./ports.ts";

/** How the embedded git server is started. */
export interface GitServerOptions {
  /** Holds the bare repositories. */
  root: string;
  /** Default: the port of the last start, or a free one. */
  port?: number | undefined;
  /** Asked of every client by HTTP basic authentication; without it anyone on this machine may read and push. */
  auth?: { username: string; password: string } | undefined;
  /** Told of each ref that a push over HTTP has moved, as a host's webhook would be; it must not throw. */
  onPush?: ((push: GitPush) => void) | undefined;
}

/** A git server over smart HTTP. */
export interface EmbeddedGitServer extends AsyncDisposable {
  /** `http://127.0.0.1:port`, without credentials. */
  url: string;
  /** Makes `<root>/<name>.git` unless it is there, and says where clients find it. */
  createRepository(name: string): Promise<{ url: string; repository: GitFixture }>;
  stop(): Promise<void>;
}

/** Letters, digits, dots, dashes and underscores, in at most a few folders, none of which starts with a dot. */
const REPOSITORY_NAME = /^[A-Za-z0-9_-][\w.-]*(\/[A-Za-z0-9_-][\w.-]*){0,4}$/;

/** Serves bare repositories on 127.0.0.1. Throws a SluiceError `PortInUse` when the port asked for is taken. */
export async function startGitServer(options: GitServerOptions): Promise<EmbeddedGitServer> {
  const { root, auth, onPush } = options;
  await mkdir(root, { recursive: true, mode: 0o700 });
  const port = await claimPort({ name: "git", dataDir: root, port: options.port });
  const server = createServer((request, response) => {
    if (auth && !isAuthorized(request, auth)) return refuse(request, response);
    const serve = () => serveByHttpBackend(request, response, { root, user: auth?.username ?? "anonymous" });
    const pushed = onPush && pushedRepository(request);
    (pushed ? watchPush({ root, name: pushed, onPush }, serve) : serve()).catch(() => {
      if (!response.headersSent) response.writeHead(500);
      response.end();
    });
  });
  await listen(server, port);
  const url = `http://127.0.0.1:${port}`;
  const stop = async () => {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    server.closeAllConnections();
    await closed;
  };
  return {
    url,
    async createRepository(name) {
      if (!REPOSITORY_NAME.test(name)) {
        throw new SluiceError("InvalidInput", `\`${name}\` cannot be the name of a repository.`, {
          next: "Use letters, digits, dots, dashes and underscores, with folders parted by slashes.",
        });
      }
      const repository = await GitFixture.create(join(root, `${name}.git`));
      return { url: `${url}/${name}.git`, repository };
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

/** The name of the repository that a request pushes to, or undefined when it is no push. */
function pushedRepository(request: IncomingMessage): string | undefined {
  if (request.method !== "POST") return undefined;
  const name = /^\/(.+)\.git\/git-receive-pack$/.exec(request.url ?? "")?.[1];
  return name !== undefined && REPOSITORY_NAME.test(name) ? name : undefined;
}

async function watchPush(
  push: { root: string; name: string; onPush: (push: GitPush) => void },
  serve: () => Promise<void>,
): Promise<void> {
  const repository = new GitFixture(join(push.root, `${push.name}.git`));
  const before = await refsOf(repository);
  await serve();
  for (const moved of movedRefs(before, await refsOf(repository))) push.onPush({ repository: push.name, ...moved });
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => resolve());
  });
}

function isAuthorized(request: IncomingMessage, auth: { username: string; password: string }): boolean {
  const expected = `Basic ${Buffer.from(`${auth.username}:${auth.password}`).toString("base64")}`;
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(request.headers.authorization ?? ""), digest(expected));
}

function refuse(request: IncomingMessage, response: ServerResponse): void {
  request.resume();
  response.writeHead(401, { "www-authenticate": 'Basic realm="git"' }).end("A user name and a password are needed.\n");
}
