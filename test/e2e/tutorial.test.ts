import { execFile } from "node:child_process";
import { mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, it } from "vitest";
import { ensureTools } from "../../adapters/toolchain/index.ts";
import { ROOT, readDocument, type Snippet } from "../docs/documents.ts";
import { Stack, until } from "../fixtures/stack.ts";

/** The tutorial, word by word: its files are written, its commands typed into a shell in order, its addresses those of the test. */

const TUTORIAL = readDocument("docs/tutorial/first-application.md");
const REPOSITORY = "https://git.example/team/storefront.git";

let stack: Stack;
let url: string;
let checkout: string;
let env: Record<string, string>;

beforeAll(async () => {
  stack = await Stack.start();
  ({ url } = await stack.git.createRepository("storefront"));
  const { kubectl } = await ensureTools(["kubectl"]);
  checkout = join(stack.root, "checkout");
  await mkdir(join(checkout, "bin"), { recursive: true });
  await symlink(join(ROOT, "bin", "sluice"), join(checkout, "bin", "sluice"));
  await writeFile(join(stack.root, "kubeconfig"), stack.cluster().kubeconfig, { mode: 0o600 });
  const identity = { NAME: "A Reader", EMAIL: "reader@git.example" };
  env = {
    PATH: `${dirname(kubectl)}:${process.env["PATH"]}`,
    HOME: stack.root,
    KUBECONFIG: join(stack.root, "kubeconfig"),
    SLUICE_DATA_DIR: stack.playground.dataDir,
    ...Object.fromEntries(
      Object.entries(identity).flatMap(([name, value]) => [
        [`GIT_AUTHOR_${name}`, value],
        [`GIT_COMMITTER_${name}`, value],
      ]),
    ),
  };
});

afterAll(() => stack?.stop());

/** What a block's commands print; throws when one of them fails. */
async function type(snippet: Snippet): Promise<string> {
  const shell = ["-euo", "pipefail", "-c", snippet.text.replaceAll(REPOSITORY, url)];
  const { stdout, stderr } = await promisify(execFile)("bash", shell, { cwd: checkout, env, timeout: 60_000 });
  return stdout + stderr;
}

/** Writes a block to the file that its first line names. */
async function write(snippet: Snippet): Promise<void> {
  const name = /^# (\S+)\n/.exec(snippet.text)?.[1];
  if (name === undefined) throw new Error(`line ${snippet.line} of the tutorial: the block names no file`);
  await writeFile(join(checkout, name), snippet.text.replaceAll(REPOSITORY, url));
}

/** The blocks up to and with the next one that holds a text, carried out; what they printed. */
function reader(snippets: readonly Snippet[]): (text: string) => Promise<string> {
  let next = 0;
  return async (text) => {
    const end = snippets.findIndex((snippet, index) => index >= next && snippet.text.includes(text));
    if (end < 0) throw new Error(`the tutorial says nothing of "${text}" after its block ${next}`);
    let printed = "";
    for (const snippet of snippets.slice(next, end + 1)) {
      if (snippet.language === "yaml") await write(snippet);
      else if (!snippet.text.includes("sluice server")) printed += await type(snippet);
    }
    next = end + 1;
    return printed;
  };
}

const replicas = async (): Promise<number> => {
  const { body } = await stack.cluster().request("/apis/apps/v1/namespaces/storefront/deployments/web");
  return (body["spec"] as { replicas: number }).replicas;
};

it("leads a new user from nothing to a deployed, changed, drifted, healed and audited application", async () => {
  const through = reader(TUTORIAL.snippets);

  const found = (await through("sluice doctor")).split("\n").filter((line) => /^(?:warning|failed)/.test(line));
  // What a machine offers to confine the renderers with is its own.
  expect(found.filter((line) => !/not built yet|renderers:/.test(line))).toEqual([
    expect.stringContaining("clusters: none is configured"),
  ]);
  expect(await through("sluice repo add")).toMatch(/cluster\/staging created[^]*repository\/storefront created/);
  expect(await through("sluice app get")).toMatch(/application\/web created[^]*Synced[^]*Healthy/);
  expect(await replicas()).toBe(2);

  const pushed = await through("sluice app history");
  expect(pushed).toContain("Succeeded");
  expect(await replicas()).toBe(3);

  const diff = await through("sluice app diff web --exit-code ||");
  expect(diff).toMatch(/^- +replicas: 5$/m);
  expect(diff).toMatch(/^\+ +replicas: 3$/m);
  expect(diff).toContain("it differs");
  await until("the application to be OutOfSync", async () => {
    const { sync, drift } = (await stack.application("web")).status;
    return sync.status === "OutOfSync" && drift.some(({ managers }) => managers.includes("kubectl"));
  });
  await through("sluice app sync");
  expect(await replicas()).toBe(3);

  const told = await through("sluice ledger verify");
  for (const event of ["ApplicationCreated", "SyncSucceeded"]) expect(told).toContain(event);
  expect(told).toContain("every chain holds");

  await through("sluice delete app");
  const { status } = await stack.cluster().request("/apis/apps/v1/namespaces/storefront/deployments/web");
  expect(status).toBe(404);
  expect(await readFile(join(checkout, "application.yaml"), "utf8")).toContain(url);
});
