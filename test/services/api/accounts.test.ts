import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, describe, expect, it } from "vitest";
import { apiInstance, application, CLUSTER, TOKEN } from "./instance.ts";

const account = (name: string, spec = "{}") => `
apiVersion: sluice.dev/v1
kind: Account
metadata: { name: ${name} }
spec: ${spec}
`;

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function open() {
  let time = Date.parse("2026-01-01T00:00:00Z");
  const instance = await apiInstance({ now: () => new Date(time) });
  const { call, app } = instance;
  closing.push(() => app.close());
  const issue = async (name: string, body: object = {}) =>
    (await call("POST", `/accounts/${name}/tokens`, body)).body as { id: string; token: string; expiresAt?: string };
  const as = async (token: string, method: "GET" | "POST" = "GET", path = "/whoami") =>
    await call(method, path, method === "POST" ? {} : undefined, { authorization: `Bearer ${token}` });
  return { ...instance, issue, as, pass: (ms: number) => (time += ms) };
}

describe("tokens of accounts", () => {
  it("are taken as the account, with its role and groups, and its actions are on record under its name", async () => {
    const { apply, issue, as, events } = await open();
    await apply(account("ada", "{ role: admin, groups: [release-managers] }"));
    const { token, id } = await issue("ada", { description: "laptop" });
    expect(token).toMatch(/^sluice_ada_[0-9a-f]{10}_[\w-]{43}$/);
    expect((await as(token)).body).toEqual({
      ...{ account: "ada", role: "admin", groups: ["release-managers"] },
      token: { id },
    });
    await as(token, "POST", "/accounts/ada/tokens");
    expect(events.at(-1)).toMatchObject({ actor: { kind: "user", name: "ada" } });
  });

  it("the server's own token is the account admin, whatever is described of it but its groups", async () => {
    const { as, apply } = await open();
    expect((await as(TOKEN)).body).toEqual({ account: "admin", role: "admin", groups: [] });
    expect((await apply(account("admin", "{ role: admin, groups: [sre] }"))).status).toBe(200);
    expect((await as(TOKEN)).body).toEqual({ account: "admin", role: "admin", groups: ["sre"] });
    expect((await apply(account("sluice"))).text).toContain("Sluice itself");
    for (const spec of ["{ role: viewer }", "{ role: admin, disabled: true }"]) {
      const { status, text } = await apply(account("admin", spec));
      expect({ status, text }).toMatchObject({ status: 422, text: expect.stringContaining("the account admin") });
    }
  });

  it("end with revocation, expiry, disabling, deletion, and don't come back with the account", async () => {
    const { apply, issue, as, call, pass } = await open();
    const refused = async (token: string) => expect((await as(token)).status).toBe(401);
    await apply([account("ada"), account("bob")].join("---"));
    const short = await issue("ada", { expiresIn: "1h" });
    const long = await issue("ada");
    const revoked = await issue("ada");
    expect((await call("DELETE", `/accounts/ada/tokens/${revoked.id}`)).body).toMatchObject({ id: revoked.id });
    await refused(revoked.token);
    expect((await call("DELETE", `/accounts/ada/tokens/${revoked.id}`)).status).toBe(404);
    pass(3_600_000 - 1);
    expect((await as(short.token)).status).toBe(200);
    pass(1);
    await refused(short.token);
    expect((await as(long.token)).status).toBe(200);
    await apply(account("ada", "{ disabled: true }"));
    await refused(long.token);
    await apply(account("ada"));
    expect((await as(long.token)).status).toBe(200);
    expect((await call("DELETE", "/accounts/ada")).status).toBe(200);
    await refused(long.token);
    await apply(account("ada"));
    await refused(long.token);
  });

  it("are no use changed in any character, or with another account's name or id", async () => {
    const { apply, issue, as } = await open();
    await apply([account("ada", "{ role: viewer }"), account("boss", "{ role: admin }")].join("---"));
    const ada = await issue("ada");
    const boss = await issue("boss");
    const forged = [
      ada.token.replace("_ada_", "_boss_"),
      ada.token.replace(ada.id, boss.id),
      ada.token.replace("_ada_", "_boss_").replace(ada.id, boss.id),
      ada.token.slice(0, -1),
      `${ada.token}A`,
      ada.token.toUpperCase(),
      ...Array.from(ada.token, (_, at) => `${ada.token.slice(0, at)}~${ada.token.slice(at + 1)}`),
      "sluice_none_0123456789_" + "A".repeat(43),
      "sluice_admin_0123456789_" + "A".repeat(43),
    ];
    for (const token of forged) expect({ token, status: (await as(token)).status }).toEqual({ token, status: 401 });
    expect((await as(ada.token)).status).toBe(200);
  });

  it("stand in no other answer, no event and no log, and neither do their digests in an answer", async () => {
    const { apply, issue, as, call, events, logged, metrics } = await open();
    await apply(account("ada"));
    const { token, id } = await issue("ada");
    await as(token);
    await as(`${token}x`);
    const secret = token.slice(-43);
    const digest = (events.at(-1)!.event.data as { digest: string }).digest;
    for (const path of ["/accounts", "/accounts/ada", "/events", "/whoami"]) {
      const { text } = await call("GET", path);
      expect(text).not.toContain(secret);
      expect(text).not.toContain(digest);
    }
    expect((await call("GET", "/accounts/ada")).text).toContain(id);
    expect(JSON.stringify(events)).not.toContain(secret);
    expect(logged.join("") + (await metrics.metrics())).not.toContain(secret);
  });

  it("are refused for an account that is not there, and beyond 50", async () => {
    const { apply, call, issue } = await open();
    expect((await call("POST", "/accounts/none/tokens", {})).status).toBe(404);
    expect((await call("POST", "/accounts/admin/tokens", {})).status).toBe(404);
    await apply(account("ada"));
    for (let count = 0; count < 50; count += 1) await issue("ada");
    const answer = await call("POST", "/accounts/ada/tokens", {});
    expect(answer.status).toBe(409);
    expect(answer.text).toContain("sluice account revoke ada ID");
  });
});

it("a stream ends within seconds after its token was revoked", async () => {
  const { apply, issue, call, app } = await open();
  await apply(account("ada"));
  const { token, id } = await issue("ada");
  await app.listen({ host: "127.0.0.1", port: 0 });
  const { port } = app.server.address() as AddressInfo;
  const response = await fetch(`http://127.0.0.1:${port}/api/v1/events`, {
    headers: { authorization: `Bearer ${token}`, accept: "text/event-stream" },
  });
  expect(response.status).toBe(200);
  let ended = false;
  const reading = (async () => {
    for await (const _chunk of response.body!) if (ended) return;
    ended = true;
  })();
  await sleep(1_500);
  expect(ended).toBe(false);
  await call("DELETE", `/accounts/ada/tokens/${id}`);
  await Promise.race([reading, sleep(5_000)]);
  expect(ended).toBe(true);
}, 15_000);

describe("one person is one account", () => {
  it("an address or alias of another account is refused with its place", async () => {
    const { apply } = await open();
    await apply(account("ada", "{ email: ada@example.com, aliases: [ada-gh] }"));
    for (const [spec, path] of [
      ["{ email: ADA@example.com }", "spec.email"],
      ["{ aliases: [x, Ada-GH] }", "spec.aliases[1]"],
      ["{ aliases: [ada] }", "spec.aliases[0]"],
    ] as const) {
      const { status, body } = await apply(account("second", spec));
      expect({ status, body }).toMatchObject({ status: 422, body: { problems: [{ path, next: expect.any(String) }] } });
    }
    expect((await apply(account("ada", "{ email: ada@example.com }"))).status).toBe(200);
  });

  it("two in one batch are looked at together", async () => {
    const { apply } = await open();
    const both = [account("ada", "{ email: a@example.com }"), account("bob", "{ email: a@example.com }")];
    expect((await apply(both.join("---"))).status).toBe(422);
  });
});

it("roles of a project name accounts: a member overrides its sync window, another operator does not", async () => {
  const { apply, issue, call, published } = await open();
  const project = `
apiVersion: sluice.dev/v1
kind: Project
metadata: { name: shop }
spec:
  sourceRepos: ["*"]
  destinations: [{ name: "*", namespace: "*" }]
  roles: [{ name: on-call, members: [ada] }]
  syncWindows: [{ kind: deny, schedule: "* * * * *", duration: 1h, applications: ["*"], overrideRoles: [on-call] }]
`;
  const accounts = ["ada", "bob"].map((name) => account(name, "{ role: operator }"));
  const web = application("web", "project: shop");
  const applied = await apply([project, CLUSTER, web, ...accounts].join("---"));
  expect(applied.text).toContain("created");
  const body = { overrideWindow: { reason: "incident 42" } };
  const sync = async (name: string) => {
    const { token } = await issue(name);
    return await call("POST", "/applications/web/sync", body, { authorization: `Bearer ${token}` });
  };
  const bob = await sync("bob");
  expect({ status: bob.status, text: bob.text }).toMatchObject({
    status: 403,
    text: expect.stringContaining("bob may not override"),
  });
  expect((await sync("ada")).status).toBe(202);
  expect(published).toMatchObject([{ message: { actor: { kind: "user", name: "ada" } } }]);
});
