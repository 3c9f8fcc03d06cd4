import { mkdir, mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import pino from "pino";
import { connectTemporal } from "../../adapters/temporal/connection.ts";
import { freshBundle } from "../../adapters/temporal/fresh-bundle.ts";
import { installRuntime } from "../../adapters/temporal/runtime.ts";
import { openPlay } from "../contract/promotion/play.ts";
import { testServers } from "../fixtures/servers.ts";
import { toText } from "./histories.ts";
import { PROMOTIONS } from "./promotion-scenarios.ts";

/** `node test/replay/record-promotion.ts [NAME...]`: plays each way of a promotion on the real server and writes its history anew. */
const HISTORIES = fileURLToPath(new URL("./promotion/", import.meta.url));

const log = pino({ level: "silent" });
installRuntime({ log });
await using servers = await testServers({ temporal: true });
const { address } = servers.temporal;
const { client, close } = await connectTemporal({ address, namespace: "default", log });
const bundle = await freshBundle({ cacheDir: await mkdtemp(join(tmpdir(), "sluice-bundle-")), log });
await mkdir(HISTORIES, { recursive: true });
const wanted = process.argv.slice(2);
for (const [name, { options, play: act, stage }] of Object.entries(PROMOTIONS)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  const play = await openPlay({ address, bundle, client, log }, options);
  await act(play);
  const history = await longest(play.workflowId(stage));
  await writeFile(join(HISTORIES, `${name}.json`), toText(history));
  await play.stop();
  process.stdout.write(`${name}: ${history.events?.length ?? 0} events\n`);
}
await close();

/** A stage may be woken again for nothing: the execution that did the most is the one to keep. */
async function longest(workflowId: string) {
  const runs = [];
  for await (const run of client.workflow.list({ query: `WorkflowId = "${workflowId}"` })) runs.push(run.runId);
  const histories = await Promise.all(runs.map((run) => client.workflow.getHandle(workflowId, run).fetchHistory()));
  const lengthOf = ({ events }: (typeof histories)[number]): number => events?.length ?? 0;
  const [most] = histories.toSorted((a, b) => lengthOf(b) - lengthOf(a));
  return most ?? (await client.workflow.getHandle(workflowId).fetchHistory());
}
