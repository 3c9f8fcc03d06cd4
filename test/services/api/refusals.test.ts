import { beforeEach, describe, expect, it } from "vitest";
import { apiInstance, application, CLUSTER } from "./instance.ts";

type Instance = Awaited<ReturnType<typeof apiInstance>>;
let at: Instance;
beforeEach(async () => {
  at = await apiInstance();
  await at.apply([CLUSTER, application("web")].join("---"));
});
const WEB = "/applications/web";
const BREAK_GLASS = { for: "30m", reason: "incident" };
const recorded = () => at.events.filter(({ event }) => event.type.startsWith("BreakGlass"));

describe("a time", () => {
  it.each(["999999999999999999h", "0s", "8785h"])("of %s is refused, and the message says the limit", async (time) => {
    for (const path of [`${WEB}/break-glass`, `${WEB}/break-glass/extend`]) {
      const body = path.endsWith("extend") ? { for: time } : { ...BREAK_GLASS, for: time };
      const { status, text } = await at.call("POST", path, body);
      expect(status).toBe(422);
      expect(text).toContain("366 days");
    }
    expect(recorded()).toEqual([]);
    const applied = await at.apply(application("web", `syncPolicy: { timeout: ${time} }`));
    expect(applied.status).toBe(422);
    expect(applied.text).toContain("366 days");
  });

  it("between tries grows by a factor of 100 at most", async () => {
    const retry = (factor: number) => application("web", `syncPolicy: { retry: { backoff: { factor: ${factor} } } }`);
    expect((await at.apply(retry(100))).status).toBe(200);
    expect((await at.apply(retry(101))).status).toBe(422);
    const body = { retry: { backoff: { factor: 1e300 } } };
    expect((await at.call("POST", `${WEB}/sync`, body)).status).toBe(422);
  });
});

describe("a name that no application has", () => {
  it.each(["a.b", "*", "%3E", "A%20b"])("is not found: %s", async (name) => {
    const path = `/applications/${name}/break-glass`;
    const answers = [
      await at.call("POST", path, BREAK_GLASS),
      await at.call("POST", path, { ...BREAK_GLASS, then: "Commit", branch: "fix" }),
      await at.call("POST", `${path}/extend`, { for: "1h" }),
      await at.call("POST", `${path}/end`, {}),
      await at.call("GET", path),
      await at.call("GET", `${path}/diff`),
    ];
    expect(answers.map(({ status }) => status)).toEqual([404, 404, 404, 404, 404, 404]);
  });
});

describe("text that a terminal would obey", () => {
  it.each(["a\u001b[31mb", "a\u0000b", "a\u009bb", "a\u202eb"])("is refused in reasons and names: %j", async (text) => {
    expect((await at.call("POST", `${WEB}/break-glass`, { ...BREAK_GLASS, reason: text })).status).toBe(422);
    expect((await at.call("POST", `${WEB}/break-glass`, { ...BREAK_GLASS, people: [text] })).status).toBe(422);
    expect((await at.call("POST", `${WEB}/sync`, { overrideWindow: { reason: text } })).status).toBe(422);
    expect(recorded()).toEqual([]);
    expect(at.published).toEqual([]);
  });

  it("is not what more than one line is", async () => {
    expect((await at.call("POST", `${WEB}/break-glass`, { ...BREAK_GLASS, reason: "one\n\ttwo" })).status).toBe(200);
    expect((await at.call("POST", `${WEB}/break-glass/extend`, { for: "1h" })).status).toBe(200);
  });
});

describe("a branch", () => {
  const BAD = ["-f", "a..b", "../..", "x.lock", "a\u0000b", "HEAD", "refs/heads/x", "a b", "@"];
  it.each(BAD)("of the name %j is refused before anything is done", async (branch) => {
    const commit = { then: "Commit", branch };
    const answers = [
      await at.call("POST", `${WEB}/break-glass`, { ...BREAK_GLASS, ...commit }),
      await at.call("POST", `${WEB}/break-glass/end`, commit),
      await at.call("POST", `${WEB}/rollback`, { revert: { branch } }),
    ];
    for (const { status, text } of answers) {
      expect(status).toBe(422);
      expect(text).toContain("can't be the name of a branch");
    }
    expect(recorded()).toEqual([]);
    expect(at.published).toEqual([]);
  });
});

describe("an address without a token", () => {
  it.each([`/api/v1/applications/${"a".repeat(300)}`, "/%E0%A4%A", "/api/v1/applications/%E0%A4%A"])(
    "is 401 whatever is wrong with it: %s",
    async (url) => {
      const answer = await at.app.inject({ method: "GET", url });
      expect(answer.statusCode).toBe(401);
      expect(answer.headers["www-authenticate"]).toContain("Bearer");
      expect((await at.call("GET", url.replace("/api/v1", ""))).status).toBe(422);
    },
  );
});

it("the running operation is ended by its id where it is known", async () => {
  at.table("applications").set("web", { ...(at.table("applications").get("web") as object), running: "sync-1" });
  expect((await at.call("POST", `${WEB}/terminate`, {})).body).toMatchObject({ operation: "sync-1" });
  expect(at.published.map(({ message }) => message)).toMatchObject([{ command: "terminate", operation: "sync-1" }]);
});

describe("an action", () => {
  const deployment = { group: "apps", kind: "Deployment", namespace: "shop", name: "web" };
  const act = (action: string, parameters: object) =>
    at.call("POST", `${WEB}/actions`, { action, kind: "Deployment", name: "web", parameters });

  it.each([
    ["scale", { replica: "3" }, "did you mean replicas?"],
    ["scale", { replicas: "3", force: "true" }, "it takes replicas"],
    ["restart", { replicas: "3" }, "it takes none"],
  ])("%s with a parameter that it has not got is refused: %j", async (action, parameters, next) => {
    const inventory = "owned";
    at.blobs.set(inventory, { version: 1, entries: [{ key: deployment, fieldSet: {} }] });
    at.table("applications").set("web", { ...(at.table("applications").get("web") as object), inventory });
    expect((await act("scale", { replicas: "3" })).status).toBe(202);
    const { status, text } = await act(action, parameters);
    expect(status).toBe(422);
    expect(text).toContain(next);
    expect(at.published).toHaveLength(1);
  });
});
