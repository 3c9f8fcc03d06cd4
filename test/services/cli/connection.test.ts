import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { connectionOf } from "../../../services/cli/connection.ts";
import { cli } from "./cli.ts";

let home: string;
let dataDir: string;
beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), "sluice-home-"));
  dataDir = join(home, "data");
  mkdirSync(join(home, ".config", "sluice"), { recursive: true });
  mkdirSync(dataDir);
  writeFileSync(
    join(home, ".config", "sluice", "client.json"),
    JSON.stringify({ server: "https://own.example", token: "own" }),
  );
});
afterAll(() => rmSync(home, { recursive: true }));

const left = () => {
  writeFileSync(join(dataDir, "client.json"), JSON.stringify({ server: "http://127.0.0.1:9/", tokenFile: "token" }));
  writeFileSync(join(dataDir, "token"), "left\n");
};

describe("the connection", () => {
  it("comes from flags, then environment, then what a server left, then the user's own file", () => {
    const env = { HOME: home };
    expect(connectionOf({ dataDir }, env)).toMatchObject({ server: "https://own.example", token: "own" });
    left();
    expect(connectionOf({ dataDir }, env)).toMatchObject({ server: "http://127.0.0.1:9", token: "left" });
    const more = { ...env, SLUICE_SERVER: "https://env.example", SLUICE_TOKEN: "env" };
    expect(connectionOf({ dataDir }, more)).toMatchObject({
      server: "https://env.example",
      token: "env",
      from: "SLUICE_SERVER",
    });
    expect(connectionOf({ dataDir, server: "https://flag.example/base/", token: "flag" }, more)).toEqual({
      server: "https://flag.example/base",
      token: "flag",
      from: "--server",
    });
    const tokenFile = join(dataDir, "token");
    expect(connectionOf({ dataDir, tokenFile }, more).token).toBe("left");
  });

  it("never sends a token that was left for one server to another", () => {
    left();
    expect(connectionOf({ dataDir, server: "https://other.example" }, { HOME: home }).token).toBeUndefined();
    expect(connectionOf({ dataDir }, { HOME: home, SLUICE_SERVER: "http://127.0.0.1:10" }).token).toBeUndefined();
  });

  it("names what is wrong with it", () => {
    expect(() => connectionOf({ server: "nonsense" }, { HOME: home })).toThrow("is not the address of a server");
    expect(() => connectionOf({ tokenFile: "/missing" }, { HOME: home })).toThrow(
      "The token file /missing can't be read",
    );
    writeFileSync(join(dataDir, "client.json"), "{");
    expect(() => connectionOf({ dataDir }, { HOME: home })).toThrow("can't be read as JSON");
  });
});

describe("without a server", () => {
  it("says where it looked and how to start one, and exits with 7", async () => {
    const ran = await cli(["app", "list", "--server", "http://127.0.0.1:9"]);
    expect(ran.code).toBe(7);
    expect(ran.err).toContain("No Sluice server answers at http://127.0.0.1:9 (from --server)");
    expect(ran.err).toContain("sluice server");
  });
});
