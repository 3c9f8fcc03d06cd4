import { mkdir, mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import pino from "pino";
import { connectTemporal } from "../../adapters/temporal/connection.ts";
import { freshBundle } from "../../adapters/temporal/fresh-bundle.ts";
import { installRuntime } from "../../adapters/temporal/runtime.ts";
import { SluiceError } from "../../schemas/errors.ts";
import { ADA, openBreakGlass, type BreakGlassStage } from "../contract/temporal/break-glass-stage.ts";
import { testServers } from "../fixtures/servers.ts";
import { toText } from "./histories.ts";

/** `node test/replay/record-break-glass.ts`: plays each way through a break-glass on the real server and writes its history anew. */
const HISTORIES = fileURLToPath(new URL("./break-glass/", import.meta.url));

const end = (then?: "PutBack") =>
  ({ type: "EndBreakGlass", at: new Date().toISOString(), by: ADA, ...(then && { then }) }) as const;
const settled = async (stage: BreakGlassStage, type: string): Promise<void> => {
  while (stage.types().at(-1) !== type) await new Promise((resolve) => setTimeout(resolve, 20));
};

const SCENARIOS: Record<string, (stage: BreakGlassStage) => Promise<void>> = {
  expired: async (stage) => stage.say(stage.on(500)),
  extended: async (stage) => {
    await stage.say(stage.on(2_000));
    await stage.say({ type: "ExtendBreakGlass", ...stage.until(3_000), by: ADA });
  },
  ended: async (stage) => {
    await stage.say(stage.on(60_000));
    await stage.say(end());
  },
  refused: async (stage) => {
    await stage.say(stage.on(60_000, { then: "Commit", branch: "fix" }));
    await stage.say(end());
    await settled(stage, "BreakGlassResolved");
    await stage.say(end("PutBack"));
  },
  none: async (stage) => stage.operations.breakGlassChanged(stage.workflowId.slice("break-glass/".length)),
};

const log = pino({ level: "silent" });
installRuntime({ log });
await using servers = await testServers({ temporal: true });
const { address } = servers.temporal;
const { client, close } = await connectTemporal({ address, namespace: "default", log });
const bundle = await freshBundle({ cacheDir: await mkdtemp(join(tmpdir(), "sluice-bundle-")), log });
await mkdir(HISTORIES, { recursive: true });
for (const [name, play] of Object.entries(SCENARIOS)) {
  const stage = await openBreakGlass({ address, bundle, client }, async () => {
    throw new SluiceError("SourceForbidden", "no rights to push");
  });
  await play(stage);
  await stage.ended();
  const history = await client.workflow.getHandle(stage.workflowId).fetchHistory();
  await writeFile(join(HISTORIES, `${name}.json`), toText(history));
  await stage.stop();
  process.stdout.write(`${name}\n`);
}
await close();
