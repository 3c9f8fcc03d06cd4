import { mkdir, rm } from "node:fs/promises";
import { join, relative, resolve } from "node:path";
import { parseArgs } from "node:util";
import { ensureTools, progressPrinter, RUN_TOOLS } from "../../adapters/toolchain/index.ts";
import { ERRORS, toSluiceError } from "../../schemas/errors.ts";
import { createDemoApi } from "./demo-api.ts";
import { createNarrator, type Narrator } from "./narrator.ts";
import { startPlayground, tokenOf, type Playground } from "./playground.ts";
import { tellStory } from "./story.ts";

const CHECKOUT = resolve(import.meta.dirname, "../..");

/**
 * `sluice demo`: two clusters, a Git server and Sluice on this machine, a push, a manual change, and releases from staging to prod. With `--once` it ends there, with 0 or
 * 1; otherwise everything is left running until it is interrupted.
 */
export async function main(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      once: { type: "boolean", default: false },
      port: { type: "string" },
      "data-dir": { type: "string", default: join(".sluice", "demo") },
      "no-color": { type: "boolean", default: false },
    },
  });
  const root = resolve(values["data-dir"]);
  const color = !values["no-color"] && process.env["NO_COLOR"] === undefined && process.stdout.isTTY === true;
  const narrator = createNarrator(process.stdout, { color });
  const interrupted = interruption();
  const over = new AbortController();
  let playground: Playground | undefined;
  try {
    playground = await start(root, values.port === undefined ? undefined : Number(values.port), narrator);
    const api = createDemoApi(playground.url, await tokenOf(playground));
    await Promise.race([
      tellStory({
        ...{ playground, api, narrator, signal: over.signal },
        example: join(CHECKOUT, "examples", "storefront"),
      }),
      interrupted.then(() => Promise.reject(new Error("interrupted"))),
    ]);
    if (values.once) return 0;
    narrator.say(nextCommands(playground, root));
    await interrupted;
    return 0;
  } catch (thrown) {
    const error = toSluiceError(thrown);
    narrator.say(`\nThe demo stopped: ${error.message}`);
    if (error.cause instanceof Error && error.cause.message !== error.message) narrator.say(`  ${error.cause.message}`);
    narrator.say(
      error.next ?? `The servers' logs lie under ${relative(process.cwd(), root) || root}, in folders named logs.`,
    );
    return error.code === "Internal" ? 1 : ERRORS[error.code].exit;
  } finally {
    over.abort();
    if (playground) await narrator.step("everything is stopped", playground.stop);
  }
}

/** Each run begins from nothing: what an earlier one left is another story's ledger. */
async function start(root: string, port: number | undefined, narrator: Narrator): Promise<Playground> {
  const tools = await narrator.step("the pinned servers and renderers are there", () =>
    ensureTools(RUN_TOOLS, { onProgress: progressPrinter(process.stderr) }),
  );
  await rm(root, { recursive: true, force: true, maxRetries: 5 });
  await mkdir(root, { recursive: true, mode: 0o700 });
  return narrator.step("2 clusters, NATS, Temporal, a Git server and sluice server run", (progress) => {
    const up: string[] = [];
    return startPlayground({
      root,
      tools,
      clusters: ["staging", "prod"],
      port,
      onStarted: (what) => {
        up.push(what);
        progress(`${up.join(", ")} up`);
      },
    });
  });
}

function interruption(): Promise<void> {
  return new Promise((done) => {
    process.once("SIGINT", () => done());
    process.once("SIGTERM", () => done());
  });
}

function nextCommands({ dataDir, url, git }: Playground, root: string): string {
  const shown = relative(process.cwd(), dataDir) || dataDir;
  const sluice = `./bin/sluice --data-dir ${shown}`;
  return `
Everything goes on running at ${url}. In another terminal:

  ${sluice} app list
  ${sluice} app diff cart              # what the manual change did
  ${sluice} app sync cart              # put it back
  ${sluice} app history web
  ${sluice} promotion list checkout
  ${sluice} why checkout/prod
  ${sluice} events --follow            # then push something:
  export SLUICE_DATA_DIR=${shown}      # and --data-dir need not be said again
  kubectl --kubeconfig ${join(relative(process.cwd(), root) || root, "clusters", "staging", "controller.kubeconfig")} get pods -A

  git clone ${git.url}/storefront.git ${join(relative(process.cwd(), root) || root, "clone")}
  ${sluice} app sync web               # after a push, unless you send a webhook or wait for the poll

Ctrl-C stops all of it.`;
}
