import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { SluiceError } from "../../../schemas/errors.ts";
import type { RenderUpload } from "../../../services/api/ports.ts";
import { application, CLUSTER } from "../api/instance.ts";
import { cliWithServer } from "./cli.ts";

let at: Awaited<ReturnType<typeof cliWithServer>>;
let dir: string;
let uploads: Parameters<RenderUpload>[] = [];
const LOCAL = "b".repeat(64);

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), "sluice-local-"));
  at = await cliWithServer();
  const automated = application("auto", "syncPolicy: { automated: {} }");
  await at.apply([CLUSTER, application("web"), automated].join("---"));
  at.blobs.set(LOCAL, { version: 1, application: "web", revision: "local", objects: [] });
  at.blobs.set("c".repeat(64), { version: 1, application: "web", revision: "f".repeat(40), objects: [] });
  at.ports.renderUpload = async (...call) => {
    uploads.push(call);
    return { local: LOCAL, objects: 1 };
  };
});
afterAll(async () => {
  rmSync(dir, { recursive: true, force: true });
  await at.close();
});
beforeEach(() => {
  uploads = [];
});

function write(files: Record<string, string>): string {
  const root = mkdtempSync(join(dir, "source-"));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return root;
}
const sent = () => {
  const [name, { files, path, manifests }] = uploads[0]!;
  const texts = files.map((file) => [file.path, Buffer.from(file.content).toString()]);
  return { name, path, manifests, files: Object.fromEntries(texts) as Record<string, string> };
};

describe("app diff --local", () => {
  it("sends a directory but Git's own, and shows the difference to what it renders to", async () => {
    const asked: unknown[] = [];
    at.ports.compare = async (_name, options) => {
      asked.push(options);
      return {
        revision: "local",
        warnings: ['The jq expression ".x" took longer than 1 s'],
        objects: [
          {
            key: { group: "", kind: "ConfigMap", namespace: "shop", name: "c" },
            action: "create",
            reason: "NotLive",
            live: null,
            desired: { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "c" } },
          },
        ],
      };
    };
    const source = write({ "kustomization.yaml": "resources: [a/b.yaml]", "a/b.yaml": "b: ü", ".git/config": "x" });
    const { code, out, err } = await at.sluice(["app", "diff", "web", "--local", source, "--exit-code"]);
    expect(code).toBe(1);
    expect(sent()).toEqual({
      name: "web",
      path: ".",
      manifests: false,
      files: { "a/b.yaml": "b: ü", "kustomization.yaml": "resources: [a/b.yaml]" },
    });
    expect(asked).toEqual([{ local: LOCAL }]);
    expect(out).toContain("===== /ConfigMap/shop/c create (NotLive)\n@@ -0,0 +1,4 @@\n+apiVersion: v1\n");
    expect(err).toContain("Application web by the local files: 1 to create.\n");
    expect(err).toContain("took longer than 1 s");
  });

  it("sends what is around it where the root of the repository is named", async () => {
    const root = write({ "base/a.yaml": "a: 1", "apps/web/kustomization.yaml": "resources: [../../base]" });
    const web = join(root, "apps", "web");
    at.ports.compare = async () => ({ revision: "local", objects: [] });
    const ran = await at.sluice(["app", "diff", "web", "--local", web, "--local-repo-root", root, "--exit-code"]);
    expect(ran).toMatchObject({ code: 0, err: "Application web is as the local files.\n" });
    expect(sent()).toMatchObject({ path: "apps/web", files: { "base/a.yaml": "a: 1" } });
  });

  it("takes a file and standard input for manifests as they are", async () => {
    at.ports.compare = async () => ({ revision: "local", objects: [] });
    const root = write({ "all.yaml": "kind: X" });
    await at.sluice(["app", "diff", "web", "--local", join(root, "all.yaml")]);
    expect(sent()).toMatchObject({ manifests: true, path: ".", files: { "all.yaml": "kind: X" } });
    uploads = [];
    await at.sluice(["app", "diff", "web", "--local", "-"], { stdin: "kind: Y" });
    expect(sent()).toMatchObject({ manifests: true, files: { "stdin.yaml": "kind: Y" } });
  });

  it("answers JSON with what a sync would do", async () => {
    at.ports.compare = async () => ({ revision: "local", objects: [] });
    const root = write({ "all.yaml": "kind: X" });
    const { out } = await at.sluice(["app", "diff", "web", "--local", root, "-o", "json"]);
    expect(JSON.parse(out)).toEqual({
      application: "web",
      revision: "local",
      sync: "Synced",
      counts: { create: 0, update: 0, recreate: 0, prune: 0, refuse: 0 },
      warnings: [],
      objects: [],
    });
  });

  it("names --local-repo-root where what was sent leads out of it, and the directory where a path is not there", async () => {
    const { renderUpload } = at.ports;
    at.ports.renderUpload = async () => {
      const message = '"../../base" leaves the repository';
      throw new SluiceError("SourceRefused", message, { problems: [{ file: "kustomization.yaml", message }] });
    };
    const ran = await at.sluice([
      "app",
      "diff",
      "web",
      "--local",
      write({ "kustomization.yaml": "resources: [../../base]" }),
    ]);
    at.ports.renderUpload = renderUpload;
    expect(ran.code).not.toBe(0);
    expect(ran.err).toContain("--local-repo-root");
    const { err } = await at.sluice(["app", "diff", "web", "--local", "no/such/place"]);
    expect(err).toContain(`no/such/place in ${process.cwd()}`);
  });

  it("refuses a symlink, what is not there, what is elsewhere, and a revision beside it; nothing is sent", async () => {
    const root = write({ "a.yaml": "a: 1" });
    symlinkSync("/etc/passwd", join(root, "b.yaml"));
    const refusals: [string[], string][] = [
      [["--local", root], "is a symlink, which is not sent"],
      [["--local", join(root, "none")], "There is no file or directory"],
      [["--local", write({ "a.yaml": "" }), "--local-repo-root", write({ "a.yaml": "" })], "is not below"],
      [["--local-repo-root", root], "says nothing without --local"],
      [["--local", root, "--revision", "main"], "can't be taken together"],
      [["--local", mkdtempSync(join(dir, "empty-"))], "holds no file"],
    ];
    for (const [args, message] of refusals) {
      const { code, err } = await at.sluice(["app", "diff", "web", ...args]);
      expect(err).toContain(message);
      expect(code).toBe(2);
    }
    expect(uploads).toEqual([]);
  });

  it("refuses more than the server takes before it sends anything", async () => {
    const root = write({ "a.bin": "x".repeat(6 * 1024 * 1024), "b.bin": "x".repeat(6 * 1024 * 1024) });
    const { code, err } = await at.sluice(["app", "diff", "web", "--local", root]);
    expect(err).toContain("holds more than 10 MiB");
    expect(code).toBe(2);
    expect(uploads).toEqual([]);
  });
});

describe("app sync --local", () => {
  const published = () =>
    at.published.map(({ message }) => message).filter(({ type }) => type === "application.command");

  it("asks for a sync of what was stored, by its digest alone", async () => {
    const root = write({ "secret.yaml": "kind: Secret\nstringData: { password: CANARY-local }" });
    const { code, out } = await at.sluice(["app", "sync", "web", "--local", root, "--prune", "--async"]);
    expect(out).toContain("application/web sync accepted as ");
    expect(code).toBe(0);
    expect(published().at(-1)).toMatchObject({
      command: "sync",
      application: "web",
      prune: true,
      options: { local: LOCAL },
    });
    expect(JSON.stringify(at.published)).not.toContain("CANARY-local");
  });

  it("is refused while the application is synced automatically, but for a dry run", async () => {
    at.blobs.set(LOCAL, { version: 1, application: "auto", revision: "local", objects: [] });
    const root = write({ "a.yaml": "kind: X" });
    const refused = await at.sluice(["app", "sync", "auto", "--local", root, "--async"]);
    expect(refused.err).toContain("auto is synced automatically, which would undo a sync of local manifests");
    expect(refused.code).toBe(5);
    const dry = await at.sluice(["app", "sync", "auto", "--local", root, "--async", "--dry-run"]);
    expect(dry.code).toBe(0);
    at.blobs.set(LOCAL, { version: 1, application: "web", revision: "local", objects: [] });
  });

  it("is for one application", async () => {
    const root = write({ "a.yaml": "kind: X" });
    for (const names of [["web", "auto"], ["--all"]]) {
      const { code, err } = await at.sluice(["app", "sync", ...names, "--local", root]);
      expect(err).toContain("--local is for one application");
      expect(code).toBe(2);
    }
  });
});

describe("the API", () => {
  it.each([
    ["another application's", "auto", LOCAL],
    ["a commit's", "web", "c".repeat(64)],
    ["nobody's", "web", "d".repeat(64)],
  ])("takes no digest that is %s", async (_whose, name, local) => {
    const body = { local, dryRun: true };
    const answer = await at.call("POST", `/applications/${name}/sync`, body);
    expect(answer.status).toBe(422);
    expect(answer.text).toContain("There are no local manifests of");
  });

  it("refuses a revision beside local files", async () => {
    expect((await at.call("POST", "/applications/web/sync", { local: LOCAL, revision: "main" })).status).toBe(422);
    expect((await at.call("GET", `/applications/web/diff?local=${LOCAL}&revision=main`)).status).toBe(422);
  });

  it("refuses more than 10 MiB, whatever the client says", async () => {
    const content = Buffer.alloc(6 * 1024 * 1024).toString("base64");
    const files = [
      { path: "a", content },
      { path: "b", content },
    ];
    expect((await at.call("POST", "/applications/web/local", { files })).status).toBe(413);
  });
});
