import type { FastifyInstance } from "fastify";
import { describe, expect, it } from "vitest";
import { ACCESS } from "../../../schemas/api/access.ts";
import { API_PREFIX, ROUTES, type Route } from "../../../schemas/api/routes.ts";
import { ACCOUNT_ROLES } from "../../../schemas/kinds/account.ts";
import { roleFor } from "../../../services/api/access.ts";
import { apiInstance } from "./instance.ts";

const account = (name: string, spec: string) => `
apiVersion: sluice.dev/v1
kind: Account
metadata: { name: ${name} }
spec: ${spec}
`;

/** An API with an account of each role, and a token of each. */
async function withRoles(prepare: (app: FastifyInstance) => void = () => undefined) {
  const instance = await apiInstance();
  prepare(instance.app);
  const text = ACCOUNT_ROLES.map((role) => account(role, `{ role: ${role} }`)).filter(
    (one) => !one.includes("name: admin"),
  );
  await instance.apply([...text, account("boss", "{ role: admin }")].join("---"));
  const tokenOf = async (name: string): Promise<string> => {
    const { body, status } = await instance.call("POST", `/accounts/${name}/tokens`, {});
    expect(status).toBe(200);
    return (body as { token: string }).token;
  };
  const tokens = { viewer: await tokenOf("viewer"), operator: await tokenOf("operator"), admin: await tokenOf("boss") };
  return { ...instance, tokens };
}

describe("the table of roles", () => {
  it("has every route, and no other", () => {
    expect([...ACCESS.keys()].toSorted()).toEqual(Object.keys(ROUTES).toSorted());
  });

  it("lets a viewer only read and decide where a gate asks", () => {
    const changing = Object.entries(ROUTES as Record<string, Route>)
      .filter(([id, { method }]) => method !== "GET" && ACCESS.get(id) === "viewer")
      .map(([id]) => id);
    expect(changing.toSorted()).toEqual(["approve", "createApprovalLink", "reject"]);
  });

  it("takes an administrator for what nobody thought of", () => {
    expect(roleFor("GET", "/added-later")).toBe("admin");
    expect(roleFor("PUT", "/api/v1/applications")).toBe("admin");
    expect(roleFor("HEAD", "/api/v1/applications")).toBe("viewer");
  });
});

describe("every route, by every role", () => {
  it("answers 403 with the role that it takes to whom has less, before it reads the request, and lets in whom has it", async () => {
    const { app, tokens } = await withRoles((before) => {
      before.get("/added-later-without-a-thought", async () => "open?");
    });
    const all = [
      ...Object.entries(ROUTES as Record<string, Route>).map(([id, { method, path }]) => ({
        method,
        url: `${API_PREFIX}${path}`,
        needed: ACCESS.get(id)!,
      })),
      { method: "GET" as const, url: "/added-later-without-a-thought", needed: "admin" as const },
      { method: "GET" as const, url: "/metrics", needed: "viewer" as const },
    ];
    const wrong: string[] = [];
    for (const { method, url, needed } of all) {
      for (const role of ACCOUNT_ROLES) {
        const answer = await app.inject({
          method,
          url: url.replaceAll(/:\w+/g, "none"),
          headers: { authorization: `Bearer ${tokens[role]}` },
        });
        const denied = ACCOUNT_ROLES.indexOf(role) < ACCOUNT_ROLES.indexOf(needed);
        const named = answer.body.includes(`It takes the role ${needed}`);
        if (denied ? answer.statusCode !== 403 || !named : named || answer.statusCode === 401)
          wrong.push(`${role} ${method} ${url}: ${answer.statusCode}`);
      }
    }
    expect(wrong).toEqual([]);
  }, 60_000);

  it("an address that leads nowhere or takes another method says so to everybody with a token", async () => {
    const { app, tokens } = await withRoles();
    const headers = { authorization: `Bearer ${tokens.viewer}` };
    expect((await app.inject({ method: "GET", url: "/api/v1/nothing", headers })).statusCode).toBe(404);
    expect((await app.inject({ method: "DELETE", url: "/api/v1/applications", headers })).statusCode).toBe(405);
  });
});
