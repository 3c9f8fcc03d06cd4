import { stringify } from "yaml";
import { describe, expect, test } from "vitest";
import { connectionSettings } from "../../../adapters/kubernetes/credentials.ts";
import { SluiceError } from "../../../schemas/errors.ts";

const server = "https://k.example:6443";
const PEM = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
const base64 = Buffer.from(PEM).toString("base64");

const kubeconfig = (change: { user?: object; cluster?: object; more?: object } = {}): string =>
  stringify({
    apiVersion: "v1",
    kind: "Config",
    "current-context": "main",
    contexts: [{ name: "main", context: { cluster: "c1", user: "alice" } }],
    clusters: [{ name: "c1", cluster: { server, "certificate-authority-data": base64, ...change.cluster } }],
    users: [{ name: "alice", user: { token: "canary-token", ...change.user } }],
    ...change.more,
  });
const refusal = (credentials: object, at = server): SluiceError => {
  try {
    connectionSettings({ server: at, credentials });
  } catch (error) {
    expect(error).toBeInstanceOf(SluiceError);
    expect((error as SluiceError).code).toBe("InvalidConfiguration");
    expect(`${(error as Error).message} ${(error as SluiceError).next}`).not.toContain("canary");
    return error as SluiceError;
  }
  throw new Error("it was not refused");
};

test("a token becomes a bearer header, its authority PEM or base64 of PEM", () => {
  for (const caData of [PEM, base64]) {
    expect(connectionSettings({ server: `${server}/prefix/`, credentials: { token: "t\n", caData } })).toEqual({
      origin: server,
      basePath: "/prefix",
      headers: { authorization: "Bearer t" },
      tls: { rejectUnauthorized: true, ca: PEM },
    });
  }
});

test("a kubeconfig gives token, authority, server name and impersonation", () => {
  const text = kubeconfig({ user: { as: "bob", "as-groups": ["g1", "g2"] }, cluster: { "tls-server-name": "api" } });
  expect(connectionSettings({ server, credentials: { kubeconfig: text } })).toEqual({
    origin: server,
    basePath: "",
    headers: { authorization: "Bearer canary-token", "impersonate-user": "bob", "impersonate-group": ["g1", "g2"] },
    tls: { rejectUnauthorized: true, ca: PEM, servername: "api" },
  });
});

test("a client certificate and a basic password are taken from inline data", () => {
  const user = { token: undefined, "client-certificate-data": base64, "client-key-data": base64 };
  const { tls } = connectionSettings({ server, credentials: { kubeconfig: kubeconfig({ user }) } });
  expect(tls).toMatchObject({ cert: PEM, key: PEM });
  const basic = kubeconfig({ user: { token: undefined, username: "u", password: "p" } });
  const { headers } = connectionSettings({ server, credentials: { kubeconfig: basic } });
  expect(headers).toEqual({ authorization: `Basic ${Buffer.from("u:p").toString("base64")}` });
});

describe("refused, naming the entry and never a value", () => {
  test.each([
    ["exec", { exec: { command: "canary-program" } }],
    ["auth-provider", { "auth-provider": { name: "canary" } }],
    ["client-certificate", { "client-certificate": "/etc/canary" }],
    ["client-key", { "client-key": "/etc/canary" }],
    ["tokenFile", { tokenFile: "/etc/canary" }],
    ["token-file", { "token-file": "/etc/canary" }],
    ["as-user-extra", { "as-user-extra": { canary: ["x"] } }],
  ])("a user with %s", (field, user) => {
    expect(refusal({ kubeconfig: kubeconfig({ user }) }).message).toMatch(new RegExp(`user alice .*\\(${field}\\)`));
  });

  test.each([["certificate-authority"], ["proxy-url"]])("a cluster with %s", (field) => {
    const text = kubeconfig({ cluster: { [field]: "http://canary" } });
    expect(refusal({ kubeconfig: text }).message).toMatch(new RegExp(`cluster c1 .*\\(${field}\\)`));
  });

  test("another server, a missing context, no YAML, several entries of one name, too large", () => {
    expect(refusal({ kubeconfig: kubeconfig() }, "https://other.example").message).toContain("another server");
    expect(refusal({ kubeconfig: kubeconfig(), context: "none" }).message).toContain("no entry none in contexts");
    expect(refusal({ kubeconfig: "canary: [unclosed" }).message).toContain("not a YAML mapping");
    const twice = kubeconfig({
      more: {
        users: [
          { name: "alice", user: {} },
          { name: "alice", user: {} },
        ],
      },
    });
    expect(refusal({ kubeconfig: twice }).message).toContain("more than one entry alice in users");
    expect(refusal({ kubeconfig: "x".repeat(1_048_577) }).message).toContain("larger than 1 MiB");
  });

  test("a token with a line break in it, an address with a password, an authority that is no PEM", () => {
    expect(refusal({ token: "a\r\ncanary: 1" }).message).toContain("token");
    expect(refusal({ token: "t" }, "https://u:canary@h").message).toContain("address");
    expect(refusal({ token: "t", caData: "canary" }).message).toContain("PEM");
  });
});
