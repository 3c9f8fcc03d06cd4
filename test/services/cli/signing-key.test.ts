import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { application, CLUSTER } from "../api/instance.ts";
import { cliWithServer } from "./cli.ts";

let at: Awaited<ReturnType<typeof cliWithServer>>;
let dir: string;
let file: string;
beforeEach(async () => {
  at = await cliWithServer();
  dir = mkdtempSync(join(tmpdir(), "sluice-key-"));
  file = join(dir, "key");
  execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", "", "-f", file]);
});
afterEach(async () => {
  rmSync(dir, { recursive: true, force: true });
  await at.close();
});

describe("sluice signing-key", () => {
  it("adds a key out of a file or standard input, lists it, and forgets it", async () => {
    const publicKey = readFileSync(`${file}.pub`, "utf8").trim();
    expect((await at.sluice("signing-key list")).err).toContain("There are no signing keys yet");
    const added = await at.sluice(["signing-key", "add", "release", "--file", file]);
    expect(added.out).toMatch(/^signing-key\/release SHA256:\S{43}\n/);
    expect(added.out).toContain(publicKey);
    const piped = await at.sluice("signing-key add piped --file -", { stdin: readFileSync(file, "utf8") });
    expect(piped.code).toBe(0);
    expect((await at.sluice("signing-key list -o wide")).out).toMatch(
      /NAME +FINGERPRINT +AGE +BY +PUBLIC KEY\npiped .*\nrelease /,
    );
    expect((await at.sluice("signing-key remove release")).out).toBe("signing-key/release removed\n");
    expect((await at.sluice("signing-key remove release")).code).toBe(4);
    expect((await at.sluice("signing-key list -o name")).out).toBe("signing-key/piped\n");
  });

  it("says what to do without a file, with one that is none, and never shows it", async () => {
    expect((await at.sluice("signing-key add release")).code).toBe(2);
    const none = await at.sluice("signing-key add release --file /nonexistent/key");
    expect(none).toMatchObject({ code: 3, out: "" });
    expect(none.err).toContain("ssh-keygen -t ed25519");
    const wrong = await at.sluice("signing-key add release --file -", { stdin: "canary-4d" });
    expect(wrong.code).toBe(3);
    expect(wrong.err).not.toContain("canary");
  });
});

describe("sluice app unpin", () => {
  it("says what it did, and that there was nothing to do", async () => {
    await at.apply(CLUSTER);
    await at.apply(application("web"));
    const by = { kind: "user", name: "ada" } as const;
    const pin = { pipeline: "shop", stage: "prod", promotion: "p-1", release: "r", targetRevision: "1".repeat(40) };
    at.record({
      ref: { type: "application", name: "web" },
      expected: { sequence: 0, hash: "" },
      events: [{ type: "RevisionPinned", data: { pin, by } }],
      meta: { at: "2026-01-01T00:00:00Z", actor: by, cause: "p-1", messageId: "p-1/pin" },
    });
    expect((await at.sluice("app unpin app/web --reason moved")).out).toBe(
      "application/web unpinned: it follows its spec again\n",
    );
    expect((await at.sluice("app unpin web")).out).toBe("application/web was not pinned\n");
    expect((await at.sluice("app unpin none")).code).toBe(4);
  });
});

describe("sluice app get and list", () => {
  it("say what is pinned, by which release and where", async () => {
    await at.apply(CLUSTER);
    await at.apply(application("web"));
    const view = at.table("applications").get("web") as object;
    const pinned = {
      ...{ pipeline: "shop", stage: "prod", promotion: "p-1", release: "f".repeat(40), at: "2026-01-01T00:00:00Z" },
      ...{ targetRevision: "1".repeat(40), images: ["web@sha256:1"], parameters: [{ name: "a", value: "2" }] },
    };
    at.table("applications").set("web", { ...view, pinned });
    expect((await at.sluice("app get web")).out).toContain(
      `Pinned:       ${"1".repeat(40)}, web@sha256:1, a=2 by release ffffffffffff in shop/prod\n`,
    );
    expect((await at.sluice("app list -o wide")).out).toContain("1".repeat(40));
  });
});
