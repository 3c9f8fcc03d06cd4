import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { openTheatre, type Theatre } from "../contract/temporal/stage.ts";
import { testServers } from "../fixtures/servers.ts";
import { HISTORIES, toText } from "./histories.ts";
import { SCENARIOS, type Scenario } from "./scenarios.ts";

/**
 * `node test/replay/record.ts [NAME...]`: plays the scenarios on the real server and writes their histories anew, one file per
 * execution. A history that is recorded anew proves nothing about executions that are open now: do it for a new scenario, or
 * after a change that went through `patched`.
 */
const chosen = process.argv.slice(2);
await using servers = await testServers({ temporal: true });
const theatre = await openTheatre(servers.temporal.address);
await mkdir(HISTORIES, { recursive: true });
for (const [name, scenario] of Object.entries(SCENARIOS)) {
  if (chosen.length > 0 && !chosen.includes(name)) continue;
  const histories = await record(theatre, scenario);
  for (const [index, history] of histories.entries()) {
    const file = index === 0 ? `${name}.json` : `${name}.${index + 1}.json`;
    await writeFile(join(HISTORIES, file), history);
  }
  process.stdout.write(`${name}: ${histories.length}\n`);
}
await theatre.close();

async function record({ open, client }: Theatre, scenario: Scenario): Promise<string[]> {
  const stage = await open(scenario.script());
  try {
    await scenario.play(stage);
    await stage.idle();
    const histories: string[] = [];
    for (let runId: string | undefined = await stage.lastRun(); runId;) {
      const history = await client.workflow.getHandle(stage.workflowId, runId).fetchHistory();
      histories.unshift(toText(history));
      runId = history.events?.[0]?.workflowExecutionStartedEventAttributes?.continuedExecutionRunId || undefined;
    }
    return histories;
  } finally {
    await stage.stop();
  }
}
