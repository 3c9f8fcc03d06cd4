import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { apiInstance, application, CLUSTER } from "./instance.ts";

const dir = mkdtempSync(join(tmpdir(), "sluice-keys-"));
afterAll(() => rmSync(dir, { recursive: true, force: true }));
const keyOf = (name: string): { privateKey: string; publicKey: string } => {
  execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", "", "-f", join(dir, name)]);
  const read = (file: string): string => readFileSync(join(dir, file), "utf8");
  return { privateKey: read(name), publicKey: read(`${name}.pub`).trim() };
};

describe("signing keys", () => {
  it("are sealed, listed by their public halves, and forgotten", async () => {
    const { call, secrets, events, logged } = await apiInstance();
    const { privateKey, publicKey } = keyOf("release");
    const added = await call("POST", "/signing-keys/release", { privateKey });
    expect(added).toMatchObject({ status: 200, body: { name: "release", publicKey, by: { name: "admin" } } });
    expect((await call("GET", "/signing-keys")).body).toEqual({ items: [added.body] });
    expect(secrets.get("signing-key/release")).toEqual({ privateKey });
    // The very same again is no news; another key takes its place.
    await call("POST", "/signing-keys/release", { privateKey });
    const other = keyOf("other");
    expect((await call("POST", "/signing-keys/release", other)).status).toBe(422);
    await call("POST", "/signing-keys/release", { privateKey: other.privateKey });
    expect((await call("GET", "/signing-keys")).body).toMatchObject({ items: [{ publicKey: other.publicKey }] });
    expect((await call("DELETE", "/signing-keys/release")).status).toBe(200);
    expect((await call("DELETE", "/signing-keys/release")).status).toBe(404);
    expect(secrets.has("signing-key/release")).toBe(false);
    const types = events.map(({ event }) => event.type).filter((type) => type.startsWith("SigningKey"));
    expect(types).toEqual(["SigningKeyAdded", "SigningKeyAdded", "SigningKeyRemoved"]);
    const secret = privateKey.split("\n")[2]!;
    expect(JSON.stringify(events)).not.toContain(secret);
    expect(logged.join("")).not.toContain(secret);
  });

  it("are refused when they are none, without a word of them", async () => {
    const { call, secrets } = await apiInstance();
    const refused = await call("POST", "/signing-keys/release", { privateKey: "canary-8c1f" });
    expect(refused.status).toBe(422);
    expect(refused.text).toContain("OpenSSH");
    expect(refused.text).not.toContain("canary");
    expect((await call("POST", "/signing-keys/Not_A_Name", { privateKey: "x" })).status).toBe(422);
    expect(secrets.size).toBe(0);
  });
});

describe("unpin", () => {
  it("takes a pin back once, with who and why, and says where there was none", async () => {
    const { apply, call, events, record } = await apiInstance();
    await apply(CLUSTER);
    await apply(application("web"));
    const by = { kind: "user", name: "ada" } as const;
    const pin = { pipeline: "shop", stage: "prod", promotion: "p-1", release: "r", targetRevision: "1".repeat(40) };
    record({
      ref: { type: "application", name: "web" },
      expected: { sequence: 0, hash: "" },
      events: [{ type: "RevisionPinned", data: { pin, by } }],
      meta: { at: "2026-01-01T00:00:00Z", actor: by, cause: "p-1", messageId: "p-1/pin" },
    });
    const first = await call("POST", "/applications/web/unpin", { reason: "taken out" });
    expect(first).toMatchObject({ status: 200, body: { application: "web", unpinned: true } });
    expect(events.at(-1)!.event).toEqual({
      type: "RevisionUnpinned",
      data: { by: { kind: "user", name: "admin" }, reason: "taken out" },
    });
    expect((await call("POST", "/applications/web/unpin", {})).body).toMatchObject({ unpinned: false });
    expect((await call("POST", "/applications/none/unpin", {})).status).toBe(404);
  });
});
