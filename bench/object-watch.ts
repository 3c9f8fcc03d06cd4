import { request } from "node:https";

/** Access to an API server. */
export interface Access {
  server: string;
  token: string;
  caData: string;
}

/** What a watch told of: when it was heard, by performance.now(). */
export interface Seen {
  at: number;
  type: string;
  object: { metadata: { name: string; resourceVersion: string }; data?: Record<string, string> };
}

/** A watch on one collection, with what it has told so far. */
export interface ObjectWatch {
  /** Resolves with the first thing heard, from now on or before, that fits. */
  heard(fits: (seen: Seen) => boolean, timeoutMs?: number): Promise<Seen>;
  /** Forgets what was heard. */
  clear(): void;
  stop(): void;
}

/** Watches a collection (`/api/v1/namespaces/x/configmaps`) from now on. Resolves once the API server has answered. */
export function watchObjects({ server, token, caData }: Access, path: string): Promise<ObjectWatch> {
  let heard: Seen[] = [];
  const waiting = new Set<(seen: Seen) => void>();
  const tell = (line: string): void => {
    const at = performance.now();
    const seen: Seen = { at, ...(JSON.parse(line) as Omit<Seen, "at">) };
    heard.push(seen);
    for (const listener of waiting) listener(seen);
  };
  return new Promise((resolve, reject) => {
    const call = request(`${server}${path}?watch=1&timeoutSeconds=3600`, {
      ca: Buffer.from(caData, "base64"),
      headers: { authorization: `Bearer ${token}`, accept: "application/json" },
    });
    call.once("error", reject);
    call.once("response", (response) => {
      let rest = "";
      response.setEncoding("utf8").on("data", (chunk: string) => {
        const lines = (rest + chunk).split("\n");
        rest = lines.pop() ?? "";
        for (const line of lines) tell(line);
      });
      response.on("error", () => undefined);
      resolve({
        clear: () => void (heard = []),
        stop: () => call.destroy(),
        heard: (fits, timeoutMs = 60_000) =>
          new Promise((found, late) => {
            const known = heard.find(fits);
            if (known) return found(known);
            const end = (): void => {
              clearTimeout(timer);
              waiting.delete(listener);
            };
            const timer = setTimeout(() => {
              end();
              late(new Error(`${path}: nothing fitting was heard in ${timeoutMs} ms`));
            }, timeoutMs);
            const listener = (seen: Seen): void => {
              if (!fits(seen)) return;
              end();
              found(seen);
            };
            waiting.add(listener);
          }),
      });
    });
    call.end();
  });
}
