import { execFile } from "node:child_process";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { version } from "../../schemas/version.ts";
import { application, CLUSTER } from "../services/api/instance.ts";
import { cliWithServer } from "../services/cli/cli.ts";

const run = promisify(execFile);
/** Where packages are found from, and nobody commits. */
const OUT = `node_modules/.cache/sluice-build-test-${process.pid}`;

describe("the bundle", () => {
  let at: Awaited<ReturnType<typeof cliWithServer>>;
  beforeAll(async () => {
    await run(process.execPath, ["tools/build.ts", "--programs-to", OUT]);
    at = await cliWithServer();
    await at.apply([CLUSTER, application("web")].join("---"));
  });
  afterAll(async () => {
    await at.close();
    rmSync(OUT, { recursive: true, force: true });
  });

  const bundled = (args: string[], stdin = "") => {
    const running = run(process.execPath, [join(OUT, "cli.js"), ...args], {
      env: { PATH: process.env["PATH"], HOME: "/nonexistent", ...at.env },
    });
    running.child.stdin?.end(stdin);
    return running;
  };

  it("does what the sources do, what is loaded late included", async () => {
    expect((await bundled(["--version"])).stdout).toBe(`${version}\n`);
    const { stdout } = await bundled(["get", "app", "web", "-o", "yaml"]);
    expect(parse(stdout)).toMatchObject({ kind: "Application" });
    expect((await bundled(["apply", "-f", "-"], stdout)).stdout).toBe("application/web unchanged\n");
    expect((await bundled(["app", "diff", "web"])).stderr).toContain("is as desired");
    expect((await bundled(["server", "--help"])).stdout).toContain("SLUICE_NATS_URL");
    expect((await bundled(["completion", "bash"])).stdout).toContain("complete -F _sluice sluice");
    expect((await bundled(["delete", "-f", "-"], application("web"))).stdout).toBe("application/web deleted\n");
  });

  it("refuses a Node that is too old in one sentence", async () => {
    const preload = `data:text/javascript,Object.defineProperty(process.versions,"node",{value:"20.20.2"})`;
    const running = run(process.execPath, ["--import", preload, join(OUT, "cli.js"), "app", "list"]);
    await expect(running).rejects.toMatchObject({
      code: 9,
      stderr: expect.stringContaining("sluice needs Node 22.19"),
    });
  });
});
