import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { application, CLUSTER, REPOSITORY } from "../api/instance.ts";
import { cliWithServer } from "./cli.ts";

let dir: string;
let at: Awaited<ReturnType<typeof cliWithServer>>;

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), "sluice-cli-"));
  at = await cliWithServer();
});
afterAll(async () => {
  await at.close();
  rmSync(dir, { recursive: true });
});

const file = (name: string, text: string): string => {
  const path = join(dir, name);
  mkdirSync(join(path, ".."), { recursive: true });
  writeFileSync(path, text);
  return path;
};

describe("apply, get, delete", () => {
  it("an empty server answers with sentences, not with empty tables", async () => {
    const empty = await at.sluice("get applications");
    expect(empty).toEqual({
      code: 0,
      out: "",
      err: "There are no applications yet. Create one with: sluice apply -f FILE\n",
    });
    expect((await at.sluice("cluster list")).err).toContain("sluice cluster add NAME");
    expect((await at.sluice("repo list")).err).toContain("sluice repo add URL");
    expect(JSON.parse((await at.sluice("get applications -o json")).out)).toEqual({ items: [] });
  });

  it("applies files, directories and standard input", async () => {
    file("all/1-cluster.yaml", CLUSTER);
    file("all/2-repository.yml", REPOSITORY);
    file("all/notes.txt", "not for us");
    file("all/deeper/web.yaml", application("web"));
    expect((await at.sluice(["apply", "-f", join(dir, "all"), "--dry-run"])).out).toBe(
      "cluster/staging created (dry run)\nrepository/shop created (dry run)\n",
    );
    const applied = await at.sluice(["apply", "-R", "-f", join(dir, "all")]);
    expect(applied).toMatchObject({
      code: 0,
      out: "cluster/staging created\nrepository/shop created\napplication/web created\n",
    });
    const more = await at.sluice("apply -f -", { stdin: application("cart", "revisionHistoryLimit: 2") });
    expect(more.out).toBe("application/cart created\n");
    expect((await at.sluice("apply -f - -o name", { stdin: application("cart") })).out).toBe("application/cart\n");
  });

  it("says every problem with its file and line, and exits with 3", async () => {
    const path = file("bad.yaml", `${application("bad", "timeuot: 1")}---\n${application("worse", "project: none")}`);
    const ran = await at.sluice(["apply", "-f", path]);
    expect(ran.code).toBe(3);
    expect(ran.err).toBe(
      `error: 2 problems; nothing was applied
  ${path}:8:3: spec.timeuot: unknown field timeuot
      known here: project, source, destination, syncPolicy, ignoreDifferences, dependsOn, revisionHistoryLimit
  ${path}:17:12: spec.project: there is no Project none
      apply it first or together with this; there are default
`,
    );
  });

  it("shows tables, names, JSON and YAML", async () => {
    const table = await at.sluice("get app");
    expect(table.out.replaceAll(/\d+[smh]/g, "0s")).toBe(
      "NAME   SYNC      HEALTH    REVISION   OPERATION   AGE\ncart   Unknown   Unknown   -          -           0s\nweb    Unknown   Unknown   -          -           0s\n",
    );
    expect((await at.sluice("get apps -o name")).out).toBe("application/cart\napplication/web\n");
    expect((await at.sluice("app list -o wide")).out).toContain("https://git.example/shop.git");
    const yaml = await at.sluice("get application/web -o yaml");
    expect(parse(yaml.out)).toMatchObject({ kind: "Application", metadata: { name: "web" } });
    expect((await at.sluice("apply -f -", { stdin: yaml.out })).out).toBe("application/web unchanged\n");
    expect((await at.sluice("get clusters")).out).toContain("https://staging.example:6443");
    expect((await at.sluice("get projects")).out).toContain("default");
    expect((await at.sluice("app get web")).out).toContain(
      "Source:       https://git.example/shop.git apps/web at HEAD\n",
    );
  });

  it("reads a directory without waiting for its pipes, and no file that the server would refuse", async () => {
    const directory = join(dir, "odd");
    mkdirSync(directory);
    writeFileSync(join(directory, "cluster.yaml"), CLUSTER);
    execFileSync("mkfifo", [join(directory, "pipe.yaml")]);
    symlinkSync("/dev/zero", join(directory, "zero.yaml"));
    symlinkSync(directory, join(directory, "loop.yaml"));
    expect(await at.sluice(["apply", "--recursive", "-f", directory])).toMatchObject({ code: 0, err: "" });
    truncateSync(join(directory, "cluster.yaml"), 9 * 1024 * 1024);
    expect(await at.sluice(["apply", "-f", directory])).toMatchObject({
      code: 2,
      err: expect.stringContaining("more than the server takes"),
    });
  });

  it("what is not there is exit code 4, what is not understood 2", async () => {
    expect(await at.sluice("get app none")).toEqual({
      code: 4,
      out: "",
      err: "error: There is no Application none\nList what there is with: sluice get application\n",
    });
    expect((await at.sluice("get pods")).code).toBe(2);
    expect((await at.sluice("get app --unknown")).code).toBe(2);
    expect((await at.sluice("aplpy")).err).toContain("Did you mean apply?");
    expect((await at.sluice("apply")).code).toBe(2);
    expect((await at.sluice(["apply", "-f", join(dir, "missing.yaml")])).err).toContain(
      "There is no file or directory",
    );
    expect((await at.sluice("app sync")).code).toBe(2);
    expect((await at.sluice("app wait web --timeout soon")).err).toContain("is not a duration");
  });

  it("refuses to delete what is needed, with exit code 5, and deletes a file's objects in the right order", async () => {
    const refused = await at.sluice("delete cluster staging");
    expect(refused).toMatchObject({ code: 5, err: expect.stringContaining("cart, web") });
    const all = file("delete.yaml", [CLUSTER, REPOSITORY, application("web"), application("cart")].join("---"));
    const deleted = await at.sluice(["delete", "-f", all]);
    expect(deleted).toMatchObject({ code: 0, err: "" });
    expect(deleted.out).toBe(
      "application/web deleted\napplication/cart deleted\nrepository/shop deleted\ncluster/staging deleted\n",
    );
    expect(at.secrets.size).toBe(0);
  });
});

describe("cluster add", () => {
  const kubeconfig = (user: object, cluster: object = {}) =>
    JSON.stringify({
      "current-context": "other",
      contexts: [
        { name: "other", context: { cluster: "c", user: "u" } },
        { name: "prod", context: { cluster: "c", user: "u" } },
      ],
      clusters: [{ name: "c", cluster: { server: "https://prod.example:6443", ...cluster } }],
      users: [
        { name: "u", user },
        { name: "unrelated", user: { token: "CANARY-unrelated" } },
      ],
    });

  it("embeds the files that the context names, sends nothing else, and says so", async () => {
    file("kube/ca.pem", "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n");
    file("kube/token", "CANARY-token\n");
    const path = file("kube/config", kubeconfig({ tokenFile: "token" }, { "certificate-authority": "ca.pem" }));
    const ran = await at.sluice(["cluster", "add", "prod", "--kubeconfig", path]);
    expect(ran).toMatchObject({ code: 0, out: "cluster/prod created\n" });
    expect(ran.err).toContain("Reading context prod");
    expect(ran.err).toContain("(certificate-authority) goes to the server");
    const stored = at.secrets.get("cluster/prod") as { kubeconfig: string };
    expect(JSON.parse(stored.kubeconfig)).toMatchObject({
      users: [{ user: { token: "CANARY-token" } }],
      clusters: [{ cluster: { "certificate-authority-data": expect.any(String) } }],
    });
    expect(stored.kubeconfig).not.toContain("unrelated");
    expect(ran.out + ran.err).not.toContain("CANARY");
  });

  it("takes the current context for a name of its own, and refuses programs", async () => {
    const path = file("kube/exec", kubeconfig({ exec: { command: "aws" } }));
    const ran = await at.sluice(["cluster", "add", "staging", "--kubeconfig", path]);
    expect(ran).toMatchObject({
      code: 2,
      err: expect.stringContaining("context other gets its credentials from a program"),
    });
    const missing = await at.sluice(["cluster", "add", "x", "--context", "none", "--kubeconfig", path]);
    expect(missing.err).toContain("It has: other, prod.");
  });
});

describe("repo add", () => {
  it("makes a webhook secret and shows it once, alone on standard output", async () => {
    const ran = await at.sluice(
      "repo add https://git.example/team/shop.git --webhook github --username bot --password-stdin -q",
      {
        stdin: "CANARY-password\n",
      },
    );
    expect(ran.code).toBe(0);
    const [created, secret] = ran.out.trim().split("\n");
    expect(created).toBe("repository/team-shop created");
    expect(at.secrets.get("webhook/team-shop")).toEqual({ secret });
    expect(at.secrets.get("repository/team-shop")).toEqual({ username: "bot", password: "CANARY-password" });
    expect((await at.sluice("repo list")).out).toContain("team-shop   never    Stored");
  });

  it("needs all of a GitHub App", async () => {
    expect((await at.sluice("repo add https://github.com/a/b --github-app-id 1")).code).toBe(2);
  });
});
