import { describe, expect, test } from "vitest";
import { apiInstance } from "./instance.ts";

describe("secrets of verifications", () => {
  test("are sealed, listed by their keys, changed key by key, and told nowhere", async () => {
    const at = await apiInstance();
    const give = (key: string, value: string) => at.call("POST", "/secrets/api", { key, value });
    expect(await give("token", "canary-1")).toMatchObject({ status: 200, body: { name: "api", keys: ["token"] } });
    expect((await give("password", "canary-2")).body).toMatchObject({ keys: ["password", "token"] });
    await give("password", "canary-2");
    await give("password", "canary-3");
    expect(at.secrets.get("verification/api")).toEqual({ token: "canary-1", password: "canary-3" });
    const listed = await at.call("GET", "/secrets");
    expect(listed.body).toMatchObject({ items: [{ name: "api", keys: ["password", "token"] }] });
    const types = at.events.map(({ event }) => event.type).filter((type) => type.startsWith("Secret"));
    expect(types).toEqual(["SecretGiven", "SecretGiven", "SecretGiven"]);
    expect(JSON.stringify([listed.body, at.events])).not.toContain("canary");
  });

  test("are forgotten with what was sealed; one that is not there is not found, and what begins again has nothing of it", async () => {
    const at = await apiInstance();
    await at.call("POST", "/secrets/api", { key: "token", value: "canary-1" });
    expect(await at.call("DELETE", "/secrets/api")).toMatchObject({ status: 200 });
    expect(at.secrets.has("verification/api")).toBe(false);
    expect(await at.call("DELETE", "/secrets/api")).toMatchObject({ status: 404 });
    expect((await at.call("POST", "/secrets/api", { key: "other", value: "x" })).body).toMatchObject({
      keys: ["other"],
    });
    expect((await at.call("POST", "/secrets/api", { key: "a/b", value: "x" })).status).toBe(422);
  });

  test("a verification may use a key that was given", async () => {
    const at = await apiInstance();
    const policy = `apiVersion: sluice.dev/v1
kind: GatePolicy
metadata: { name: p }
spec:
  gates:
    - name: slo
      verification:
        args: [{ name: token, valueFrom: { secretKeyRef: { name: api, key: token } } }]
        metrics:
          - name: web
            provider:
              web:
                url: https://example.com
                headers: [{ key: authorization, value: "Bearer {{args.token}}" }]
`;
    expect(await at.apply(policy)).toMatchObject({ status: 422 });
    await at.call("POST", "/secrets/api", { key: "token", value: "canary-1" });
    expect(await at.apply(policy)).toMatchObject({ status: 200 });
  });
});
