import { describe, expect, it } from "vitest";
import { API_PREFIX, ROUTES, type Route } from "../../../schemas/api/routes.ts";
import { apiInstance, application, CLUSTER, REPOSITORY, TOKEN } from "./instance.ts";

/** Every route that the app really has, as method and address. */
function registered(app: Awaited<ReturnType<typeof apiInstance>>["app"]): { method: string; url: string }[] {
  const text = app.printRoutes({ commonPrefix: false, includeHooks: false });
  const found: { method: string; url: string }[] = [];
  const stack: string[] = [];
  for (const line of text.split("\n")) {
    const match = /^(.*?)[├└]── (\S*)(?: \(([A-Z, ]+)\))?$/.exec(line);
    if (!match) continue;
    const depth = match[1]!.length / 4;
    stack.length = depth;
    stack[depth] = match[2]!;
    for (const method of match[3]?.split(", ") ?? []) found.push({ method, url: stack.join("") });
  }
  return found;
}

/** Routes that share their beginning may name the same parameter differently, and are printed with both names. */
const unnamed = ({ method, url }: { method: string; url: string }) => ({ method, url: url.replaceAll(/:[^/]+/g, ":") });

describe("deny by default", () => {
  it("every route but health refuses a request without the token, and with a wrong one", async () => {
    const { app } = await apiInstance();
    app.get("/added-later-without-a-thought", async () => "open?");
    await app.ready();
    const routes = registered(app);
    const addresses = routes.map(unnamed);
    for (const { method, path } of Object.values(ROUTES as Record<string, Route>)) {
      expect(addresses).toContainEqual(unnamed({ method, url: `${API_PREFIX}${path}` }));
    }
    expect(routes).toContainEqual({ method: "GET", url: "/added-later-without-a-thought" });
    const open: string[] = [];
    for (const { method, url } of routes) {
      for (const authorization of [undefined, "Bearer wrong", `Basic ${TOKEN}`, `Bearer ${TOKEN}x`, "Bearer ", TOKEN]) {
        const answer = await app.inject({
          method: method as "GET",
          url: url.replaceAll(/:[^/]+/g, "x"),
          headers: authorization === undefined ? {} : { authorization },
        });
        if (answer.statusCode !== 401) open.push(`${method} ${url}`);
        else expect(answer.headers["www-authenticate"]).toBe('Bearer realm="sluice"');
      }
    }
    expect([...new Set(open)].toSorted()).toEqual(["GET /healthz", "GET /readyz", "HEAD /healthz", "HEAD /readyz"]);
  });

  it("an address that leads nowhere says nothing more to who has no token", async () => {
    const { app } = await apiInstance();
    const answer = await app.inject({ method: "GET", url: "/api/v1/nothing" });
    expect(answer.statusCode).toBe(401);
  });
});

describe("problem details", () => {
  it("answer what is not there, not taken, too large and of another type", async () => {
    const { call, app } = await apiInstance();
    const expectProblem = async (
      answer: Promise<{ status: number; headers: object; body: unknown }>,
      status: number,
      code: string,
    ) => {
      const { status: got, headers, body } = await answer;
      expect({ got, body }).toMatchObject({ got: status, body: { code, status, type: `urn:sluice:error:${code}` } });
      expect(headers).toMatchObject({ "content-type": "application/problem+json; charset=utf-8" });
    };
    await expectProblem(call("GET", "/nothing"), 404, "NotFound");
    await expectProblem(call("GET", "/applications/none"), 404, "NotFound");
    await expectProblem(call("DELETE", "/applications"), 405, "MethodNotAllowed");
    expect((await call("DELETE", "/applications")).headers["allow"]).toBe("GET");
    await expectProblem(call("POST", "/applications/x/sync", { revision: "x".repeat(70_000) }), 413, "PayloadTooLarge");
    await expectProblem(call("POST", "/apply", { files: [] }), 422, "InvalidInput");
    await expectProblem(call("GET", "/events?limit=many"), 422, "InvalidInput");
    await expectProblem(call("GET", "/version?unknown=1"), 422, "InvalidInput");
    await expectProblem(call("GET", "/version", undefined, { "x-sluice-sequence": "soon" }), 422, "InvalidInput");
    const raw = async (type: string, payload: string) => {
      const headers = { authorization: `Bearer ${TOKEN}`, "content-type": type };
      const answer = await app.inject({ method: "POST", url: "/api/v1/apply", headers, payload });
      return { status: answer.statusCode, headers: answer.headers, body: answer.json() as unknown };
    };
    await expectProblem(raw("text/plain", "x"), 415, "UnsupportedMedia");
    await expectProblem(raw("application/xml", "<x/>"), 415, "UnsupportedMedia");
    await expectProblem(raw("application/json", "{"), 422, "InvalidInput");
  });

  it("never show what went wrong inside", async () => {
    const { call, ports, logged } = await apiInstance();
    ports.ledger.last = () => Promise.reject(new Error("CANARY inside"));
    const answer = await call("GET", "/events");
    expect(answer.status).toBe(500);
    expect(answer.text).not.toContain("CANARY");
    expect(logged.join("")).toContain("CANARY inside");
  });
});

describe("reading", () => {
  it("lists page by page, in order, and filters", async () => {
    const { apply, call } = await apiInstance();
    const names = ["a", "b", "c", "d", "e"];
    await apply([CLUSTER, ...names.map((name) => application(name))].join("---"));
    const seen: string[] = [];
    let next: string | undefined;
    do {
      const { body } = await call("GET", `/applications?limit=2${next ? `&continue=${next}` : ""}`);
      const part = body as { items: { metadata: { name: string } }[]; continue?: string };
      expect(part.items.length).toBeLessThanOrEqual(2);
      seen.push(...part.items.map(({ metadata }) => metadata.name));
      next = part.continue;
    } while (next);
    expect(seen).toEqual(names);
    expect((await call("GET", "/applications?project=none")).body).toEqual({ items: [] });
    expect((await call("GET", "/applications?continue=bm9uZQ")).status).toBe(422);
  });

  it("an object as it is read can be applied again and is unchanged", async () => {
    const { apply, call } = await apiInstance();
    await apply([CLUSTER, REPOSITORY, application("web")].join("---"));
    for (const path of ["/applications/web", "/clusters/staging", "/repositories/shop", "/projects/default"]) {
      const { text } = await call("GET", path);
      const { body } = await apply(text);
      expect(body).toMatchObject({ objects: [{ result: "unchanged" }] });
    }
  });

  it("waits for the sequence that the caller has seen", async () => {
    const { call, ports } = await apiInstance();
    const asked: number[] = [];
    ports.projector.reached = async (sequence) => void asked.push(sequence);
    ports.projector.sequence = () => 3;
    expect((await call("GET", "/projects", undefined, { "x-sluice-sequence": "3" })).status).toBe(200);
    expect(asked).toEqual([]);
    expect((await call("GET", "/projects", undefined, { "x-sluice-sequence": "9" })).status).toBe(200);
    expect(asked).toEqual([9]);
  });

  it("no answer, log line, metric or event ever holds a secret", async () => {
    const { apply, call, logged, metrics, table, blobs } = await apiInstance();
    await apply([CLUSTER, REPOSITORY, application("web")].join("---"));
    const view = table("applications").get("web") as object;
    const secret = {
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name: "s" },
      data: { a: "CANARY" },
      stringData: { b: "CANARY" },
    };
    blobs.set("artifact", {
      objects: [secret, { apiVersion: "v1", kind: "SecretList", items: [{ metadata: {}, data: { c: "CANARY" } }] }],
    });
    table("applications").set("web", {
      ...view,
      deployed: { operation: "o", revision: "r", artifact: "artifact", sourceDigest: "d", at: "now" },
    });
    const reads = Object.values(ROUTES as Record<string, Route>).filter(({ method }) => method === "GET");
    for (const { path } of reads) {
      const kind = path.split("/")[1] ?? "";
      const name = { clusters: "staging", repositories: "shop", projects: "default" }[kind] ?? "web";
      const answer = await call("GET", path.replaceAll(/:\w+/g, name));
      expect(answer.text).not.toContain("CANARY");
    }
    expect((await call("GET", "/applications/web/manifests")).body).toMatchObject({
      objects: [{ data: { a: "(hidden)" } }, {}],
    });
    await apply(CLUSTER.replace("server:", "serverr:"));
    await apply("credentials: CANARY: CANARY\n");
    expect(logged.join("")).not.toContain("CANARY");
    expect(await metrics.metrics()).not.toContain("CANARY");
  });
});

describe("deleting", () => {
  it("is refused while something refers to it, and says what", async () => {
    const { apply, call } = await apiInstance();
    await apply([CLUSTER, REPOSITORY, application("web"), application("cart")].join("---"));
    for (const path of ["/clusters/staging", "/repositories/shop"]) {
      const answer = await call("DELETE", path);
      expect(answer.status).toBe(409);
      expect(answer.text).toContain("cart, web");
    }
    expect((await call("DELETE", "/projects/default")).status).toBe(409);
  });

  it("takes the stored credentials with it", async () => {
    const { apply, call, secrets, events } = await apiInstance();
    await apply([CLUSTER, REPOSITORY].join("---"));
    expect((await call("DELETE", "/clusters/staging")).body).toMatchObject({ kind: "Cluster", name: "staging" });
    expect((await call("DELETE", "/repositories/shop")).status).toBe(200);
    expect(secrets.size).toBe(0);
    expect(events.at(-1)).toMatchObject({ event: { type: "RepositoryDeleted" } });
    expect((await call("DELETE", "/clusters/staging")).status).toBe(404);
  });

  it("an application that owns something is deleted by an operation, one that owns nothing at once", async () => {
    const { apply, call, published, table } = await apiInstance();
    await apply([CLUSTER, application("web"), application("cart")].join("---"));
    table("applications").set("web", { ...(table("applications").get("web") as object), inventory: "digest" });
    const cascade = await call("DELETE", "/applications/web");
    expect(cascade.status).toBe(202);
    expect(published).toMatchObject([{ message: { command: "delete", application: "web" } }]);
    expect((await call("DELETE", "/applications/cart")).body).toMatchObject({ operation: "none" });
    expect((await call("GET", "/applications/cart")).status).toBe(404);
    expect((await call("DELETE", "/applications/web?cascade=false")).body).toMatchObject({ operation: "none" });
    expect(published).toHaveLength(1);
  });
});
