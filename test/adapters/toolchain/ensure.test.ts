import { execFileSync } from "node:child_process";
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { cachedPath, findToolsFolder } from "../../../adapters/toolchain/cache.ts";
import { ensureTools, TOOL_PINS, type ToolProgress } from "../../../adapters/toolchain/index.ts";
import { SluiceError } from "../../../schemas/errors.ts";

let folder: string;
let bin: string;
let environment: Record<string, string>;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sluice-toolchain-"));
  bin = join(folder, "bin");
  mkdirSync(bin);
  environment = { PATH: bin, SLUICE_CACHE_DIR: join(folder, "cache") };
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A program made of shell lines; it calls nothing but what the shell itself has and absolute paths. */
function program(name: string, ...lines: string[]): string {
  const path = join(bin, name);
  writeFileSync(path, ["#!/bin/sh", ...lines, ""].join("\n"));
  chmodSync(path, 0o755);
  return path;
}

/** A go that reports a version, counts its builds, and builds an empty program or fails as told. */
function fakeGo(options: { version?: string; fails?: string; takesSeconds?: number } = {}): void {
  program(
    "go",
    `if [ "$1" = env ]; then echo ${options.version ?? "go1.26.0"}; exit 0; fi`,
    `echo "$PWD $GOFLAGS $GOWORK $GOTOOLCHAIN $*" >> ${join(folder, "builds")}`,
    options.takesSeconds ? `/bin/sleep ${options.takesSeconds}` : "",
    options.fails ? `echo '${options.fails}' >&2; exit 1` : "",
    `while [ "$1" != "-o" ]; do shift; done`,
    `echo '#!/bin/sh' > "$2"; /bin/chmod 755 "$2"`,
  );
}

function builds(): string[] {
  const file = join(folder, "builds");
  return existsSync(file) ? readFileSync(file, "utf8").trim().split("\n") : [];
}

async function failure(promise: Promise<unknown>): Promise<SluiceError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof SluiceError)) throw new Error(`Expected a SluiceError, got ${String(error)}.`);
  expect(error.code).toBe("ToolUnavailable");
  return error;
}

describe("where a program is taken from", () => {
  it("takes the environment variable before everything else", async () => {
    const own = program("my-nats", "exit 0");
    program("nats-server", "echo nats-server: v2.15.2");
    const found = await ensureTools(["nats-server"], { environment: { ...environment, SLUICE_NATS_SERVER_BIN: own } });
    expect(found).toEqual({ "nats-server": own });
  });

  it("needs no pins for a program that the environment names, as in a container without the sources", async () => {
    const helm = program("given-helm");
    environment["SLUICE_HELM_BIN"] = helm;
    const toolsFolder = join(folder, "not-there");
    expect(await ensureTools(["helm"], { environment, toolsFolder })).toEqual({ helm });
  });

  it("refuses a variable that names no program, rather than taking another one in silence", async () => {
    const error = await failure(
      ensureTools(["helm"], { environment: { ...environment, SLUICE_HELM_BIN: "/nowhere/helm" } }),
    );
    expect(error.message).toBe("SLUICE_HELM_BIN is /nowhere/helm, which is no executable file.");
    expect(error.next).toContain("unset it");
  });

  it("takes a program on PATH when its version fits", async () => {
    const helm = program("helm", "echo v4.3.99+gabcdef");
    const nats = program("nats-server", "echo nats-server: v2.15.2");
    expect(await ensureTools(["helm", "nats-server"], { environment })).toEqual({ helm, "nats-server": nats });
    expect(builds()).toEqual([]);
  });

  it.each([
    ["nats-server", "nats-server: v2.15.1", "a server of another patch release"],
    ["helm", "v4.2.0", "a renderer of another minor release"],
    ["kustomize", "no idea", "a program that does not say"],
  ] as const)("builds %s instead of taking `%s`: %s", async (name, printed, _why) => {
    fakeGo();
    program(name, `echo '${printed}'`);
    const found = await ensureTools([name], { environment });
    expect(found[name].startsWith(join(folder, "cache"))).toBe(true);
    expect(builds()).toHaveLength(1);
  });

  it("builds only once, and says how far it is", async () => {
    fakeGo();
    const seen: ToolProgress[] = [];
    const names = ["etcd", "kustomize"] as const;
    const first = await ensureTools(names, { environment, onProgress: (progress) => seen.push(progress) });
    const second = await ensureTools(names, { environment });
    expect(second).toEqual(first);
    expect(builds()).toHaveLength(2);
    expect(seen.map(({ type, name, index, of }) => `${type} ${name} ${index}/${of}`)).toEqual([
      "building kustomize 1/2",
      "built kustomize 1/2",
      "building etcd 2/2",
      "built etcd 2/2",
    ]);
  });

  it("builds read-only from the family's module, whatever the user's own Go settings are", async () => {
    fakeGo();
    await ensureTools(["kubectl"], { environment: { ...environment, GOFLAGS: "-mod=vendor", GOWORK: "/elsewhere" } });
    const [line] = builds();
    expect(line).toContain(`${join(findToolsFolder(), "kubernetes")}  off local build -mod=readonly -trimpath`);
    expect(line).toContain("-X k8s.io/component-base/version.gitVersion=v1.36.3");
  });
});

describe("the key of a cached program", () => {
  it("changes with go.sum and with the platform, and with nothing of the machine", () => {
    const tools = join(folder, "tools");
    cpSync(join(findToolsFolder(), "etcd"), join(tools, "etcd"), { recursive: true });
    const key = (platform?: string) => cachedPath("etcd", TOOL_PINS.etcd, { cache: "/c", tools }, platform);
    const before = key();
    expect(before).toBe(cachedPath("etcd", TOOL_PINS.etcd, { cache: "/c", tools: findToolsFolder() }));
    expect(key("plan9-mips")).not.toBe(before);
    writeFileSync(join(tools, "etcd", "go.sum"), "another");
    expect(key()).not.toBe(before);
  });
});

describe("when a program cannot be built", () => {
  it("says that Go is missing", async () => {
    const error = await failure(ensureTools(["etcd"], { environment }));
    expect(error.message).toBe(
      "etcd 3.7.3 is not there: Go 1.26.0 or newer is needed to build it, and there is no `go` on PATH.",
    );
    expect(error.next).toBe(
      "Install Go 1.26.0 or newer and run `node tools/setup.ts` again, or set SLUICE_ETCD_BIN to the path of your own etcd 3.7.3.",
    );
  });

  it.each(["go1.25.9", "go1.9", "go1.24rc1"])("says that %s is too old", async (version) => {
    fakeGo({ version });
    const error = await failure(ensureTools(["etcd"], { environment }));
    expect(error.message).toContain("Go 1.26.0 or newer is needed to build it, and the one on PATH is 1.");
    expect(error.next).toContain("Upgrade Go");
    expect(builds()).toEqual([]);
  });

  it.each([
    ["go: example.com/x@v1: dial tcp: lookup proxy: no such host", "could not be downloaded", "go env GOPROXY"],
    ["go: x@v1: reading http://proxy/x.mod: 403 Forbidden", "could not be downloaded", "Check the network"],
    ["go: module lookup disabled by GOPROXY=off", "could not be downloaded", "Check the network"],
    ["verifying x@v1: checksum mismatch", "does not match its checksum", "Do not use it"],
    ["write /tmp/x: no space left on device", "the disk is full", "Free about"],
    ["compile: signal: killed", "ran out of memory", "Free about"],
    ["main.go:1: undefined: x", "`go build` failed: main.go:1: undefined: x", "SLUICE_CACHE_DIR"],
  ])("turns `%s` into one sentence with the next step", async (fails, message, next) => {
    fakeGo({ fails });
    const error = await failure(ensureTools(["kwok"], { environment }));
    expect(error.message).toContain(message);
    expect(error.message).not.toContain("\n");
    expect(error.next).toContain(next);
  });

  it("leaves nothing half-built and no lock behind", async () => {
    fakeGo({ fails: "no" });
    await failure(ensureTools(["kwok"], { environment }));
    const left = readdirSync(join(folder, "cache"), { recursive: true, withFileTypes: true });
    expect(left.filter((entry) => entry.isFile())).toEqual([]);
  });
});

describe("two processes at once", () => {
  it("build a program once; the other waits and says for whom", async () => {
    fakeGo({ takesSeconds: 1 });
    const reports: ToolProgress[] = [];
    const onProgress = (progress: ToolProgress) => reports.push(progress);
    const both = await Promise.all([1, 2].map(() => ensureTools(["etcd"], { environment, onProgress })));
    expect(both[0]).toEqual(both[1]);
    expect(builds()).toHaveLength(1);
    expect(reports).toContainEqual({ type: "waiting", name: "etcd", index: 1, of: 1, pid: process.pid });
  });

  it("take over the lock of a process that is gone", async () => {
    fakeGo();
    const path = cachedPath("etcd", TOOL_PINS.etcd, {
      cache: environment["SLUICE_CACHE_DIR"] ?? "",
      tools: findToolsFolder(),
    });
    const gone = Number(execFileSync("/bin/sh", ["-c", "echo $$"], { encoding: "utf8" }));
    const lock = join(dirname(dirname(path)), "3.7.3.lock");
    mkdirSync(dirname(lock), { recursive: true });
    writeFileSync(lock, JSON.stringify({ pid: gone, start: "1" }));
    await ensureTools(["etcd"], { environment });
    expect(builds()).toHaveLength(1);
    expect(existsSync(lock)).toBe(false);
  });

  it("never take a lock for held because its owner's process id was given away again", async () => {
    fakeGo();
    const path = cachedPath("etcd", TOOL_PINS.etcd, {
      cache: environment["SLUICE_CACHE_DIR"] ?? "",
      tools: findToolsFolder(),
    });
    const lock = join(dirname(dirname(path)), "3.7.3.lock");
    mkdirSync(dirname(lock), { recursive: true });
    writeFileSync(lock, JSON.stringify({ pid: process.pid, start: "some other time" }));
    await ensureTools(["etcd"], { environment });
    expect(builds()).toHaveLength(1);
  });

  it("end when they are told to", async () => {
    fakeGo({ takesSeconds: 20 });
    await expect(ensureTools(["etcd"], { environment, signal: AbortSignal.timeout(200) })).rejects.toThrow();
  });
});
