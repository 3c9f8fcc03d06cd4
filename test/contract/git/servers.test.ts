import { createServer, type Server } from "node:http";
import { readdir, readFile } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createProcessHost } from "../../../adapters/processes/process-host.ts";
import { CANARY, gitMirrors, requests } from "./git-mirrors.ts";

const { openMirrors, repositoryOf } = gitMirrors();

describe("hostile or broken servers", () => {
  async function serving(handler: Parameters<typeof createServer>[1]): Promise<{ url: string; server: Server }> {
    const made = createServer(handler!);
    await new Promise<void>((resolve) => made.listen(0, "127.0.0.1", resolve));
    return { url: `http://127.0.0.1:${(made.address() as AddressInfo).port}/repo.git`, server: made };
  }

  it.each([
    ["401", 401, "SourceForbidden"],
    ["403", 403, "SourceForbidden"],
    ["404", 404, "SourceForbidden"],
    ["500", 500, "SourceUnavailable"],
    ["503", 503, "SourceUnavailable"],
  ])("status %s is %s, and no secret is told", async (_name, status, code) => {
    const { url, server: http } = await serving((_request, response) =>
      response.writeHead(status).end(`you sent ${CANARY}`),
    );
    const { mirrors } = await openMirrors();
    const error = await mirrors.resolve(url, "main").catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code });
    expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toContain(CANARY);
    http.close();
  });

  it("a redirect is not followed, and the credentials stay", async () => {
    const seen: (string | undefined)[] = [];
    const other = await serving((request, response) => {
      seen.push(request.headers.authorization);
      response.writeHead(404).end();
    });
    const first = await serving((request, response) => {
      response.writeHead(302, { location: `${other.url}${request.url!.slice("/repo.git".length)}` }).end();
    });
    const { mirrors } = await openMirrors();
    await expect(mirrors.resolve(first.url, "main")).rejects.toMatchObject({ code: "SourceRefused" });
    expect(seen).toEqual([]);
    first.server.close();
    other.server.close();
  });

  it("one that never answers ends with the time limit and leaves no process", async () => {
    const { url, server: http } = await serving(() => {});
    const { mirrors, dir } = await openMirrors({ timeoutMs: 500 });
    await expect(mirrors.resolve(url, "main")).rejects.toMatchObject({ code: "SourceUnavailable", retryable: true });
    await expect.poll(async () => (await readdir(dir)).filter((name) => name.startsWith("access-"))).toEqual([]);
    await expect.poll(() => processesWith(url), { timeout: 10_000 }).toEqual([]);
    http.closeAllConnections();
    http.close();
  });

  it("nobody there is SourceUnavailable", async () => {
    const { url, server: http } = await serving(() => {});
    await new Promise((resolve) => http.close(resolve));
    const { mirrors } = await openMirrors();
    await expect(mirrors.resolve(url, "main")).rejects.toMatchObject({ code: "SourceUnavailable", retryable: true });
  });

  it("wrong credentials are SourceForbidden", async () => {
    const { url } = await repositoryOf();
    const { mirrors } = await openMirrors({
      credentialsFor: async () => ({ username: "sluice", password: "wrong-password" }),
    });
    const error = await mirrors.resolve(url, "main").catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "SourceForbidden" });
    expect(String(error)).not.toContain("wrong-password");
  });

  it.each(["file:///etc", "ext::sh -c id", "http://git.example.com/repo", "https://u:p@host/x", "-x"])(
    "%s is refused",
    async (url) => {
      const { mirrors, dir } = await openMirrors();
      await expect(mirrors.resolve(url, "main")).rejects.toMatchObject({ code: "SourceRefused" });
      expect(await readdir(dir)).toEqual([]);
    },
  );
});

describe("secrets stand neither", () => {
  const secrets = [CANARY, Buffer.from(`sluice:${CANARY}`).toString("base64")];

  it("in arguments, of git or of its helpers", async () => {
    const gate = Promise.withResolvers<void>();
    const held = createServer((_request, response) => void gate.promise.then(() => response.writeHead(500).end()));
    await new Promise<void>((resolve) => held.listen(0, "127.0.0.1", resolve));
    const url = `http://127.0.0.1:${(held.address() as AddressInfo).port}/repo.git`;
    const { mirrors } = await openMirrors();
    const resolving = mirrors.resolve(url, "main").catch((error: unknown) => error);
    await expect.poll(async () => (await processesWith(url)).some((args) => args.includes("remote-http"))).toBe(true);
    const seen = (await processesWith(url)).join("\n");
    expect(seen).toContain("ls-remote");
    for (const secret of secrets) expect(seen).not.toContain(secret);
    gate.resolve();
    expect(await resolving).toMatchObject({ code: "SourceUnavailable" });
    held.close();
  });

  it("on disk", async () => {
    const { url, repository } = await repositoryOf();
    const { mirrors, dir } = await openMirrors();
    await mirrors.ensure(url, await repository.commit({ "a.txt": "1" }, "first"));
    await mirrors.resolve(url, "main");
    const files = (await readdir(dir, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
    expect(files.length).toBeGreaterThan(5);
    for (const { parentPath, name } of files) {
      const content = await readFile(join(parentPath, name), "latin1");
      for (const secret of secrets) expect(content).not.toContain(secret);
    }
  });
});

/** Command lines of processes that mention a text. */
async function processesWith(mention: string): Promise<string[]> {
  const found: string[] = [];
  for (const name of await readdir("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const args = (await readFile(`/proc/${name}/cmdline`, "utf8").catch(() => "")).replaceAll("\0", " ");
    if (args.includes(mention)) found.push(args);
  }
  return found;
}

describe("through a process host", () => {
  it("fetches with credentials, reads, and knows a near ancestor without asking git", async () => {
    const { url, repository } = await repositoryOf();
    const first = await repository.commit({ "a.yaml": "a: 1" }, "one");
    const second = await repository.commit({ "a.yaml": "a: 2" }, "two");
    const host = createProcessHost();
    try {
      const { mirrors, metrics } = await openMirrors({ execute: host.executeGit });
      expect(await mirrors.fetchRef(url, "refs/heads/main")).toBe(second);
      const tree = await mirrors.ensure(url, second);
      expect(Buffer.from(await tree.read("a.yaml")).toString()).toBe("a: 2");
      tree.close();
      expect(await mirrors.move(url, first, second)).toBe("forward");
      expect(await mirrors.move(url, second, first)).toBe("diverged");
      expect(await requests(metrics)).toMatchObject({ fetch: 1, "merge-base": 1 });
      await expect(mirrors.fetchRef(url, "refs/heads/absent")).rejects.toMatchObject({ code: "RevisionNotFound" });
    } finally {
      host.close();
    }
  });
});
