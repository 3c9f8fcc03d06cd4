import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { consumeConfigurationEvents } from "../../../adapters/nats/config-events.ts";
import type { ConfigurationChange } from "../../../adapters/nats/config-events.ts";
import { createLedger, EMPTY_HEAD } from "../../../adapters/nats/ledger.ts";
import type { Ledger } from "../../../adapters/nats/ledger.ts";
import type { ApplicationEvent } from "../../../schemas/events/index.ts";
import { counts, ran, spec } from "../../domain/projections/events.ts";
import { aMeta, anEvent, connected, someProject, eventually } from "./connected.ts";

let server: Awaited<ReturnType<typeof connected>>;
let ledger: Ledger;
beforeAll(async () => {
  server = await connected();
  ledger = createLedger(server.nc);
});
afterAll(() => server?.close());

const created: ApplicationEvent = { type: "ApplicationCreated", data: { spec, labels: {}, annotations: {} } };
const started: ApplicationEvent = {
  type: "OperationStarted",
  data: { ...ran("1"), cluster: "c", plan: "p", counts, resources: [], inventory: "i" },
};
const deleted: ApplicationEvent = { type: "ApplicationDeleted", data: { cascade: false } };

function consuming(durable: string, handle: (change: ConfigurationChange) => Promise<void>, onTrouble?: () => void) {
  const ending = new AbortController();
  const done = consumeConfigurationEvents(server.nc, {
    durable,
    signal: ending.signal,
    handle,
    ...(onTrouble && { onTrouble }),
  });
  const stop = async (): Promise<void> => {
    ending.abort();
    await done;
  };
  onTestFinished(stop);
  return { stop };
}

test("tells of each change of an application's configuration, of nothing else, and once", async () => {
  const ref = { type: "application", name: "shop" } as const;
  const first = await ledger.append(ref, EMPTY_HEAD, [created], aMeta("1"));
  const second = await ledger.append(ref, first, [started], aMeta("2"));
  const third = await ledger.append(ref, second, [{ ...created, type: "ApplicationUpdated" }, deleted], aMeta("3"));
  await ledger.append(someProject(), EMPTY_HEAD, [anEvent()], aMeta("4"));

  const seen: ConfigurationChange[] = [];
  const take = async (change: ConfigurationChange): Promise<void> => void seen.push(change);
  const consumer = consuming("d1", take);
  const expected = [
    { application: "shop", types: ["ApplicationCreated"], sequence: first.sequence },
    { application: "shop", types: ["ApplicationUpdated", "ApplicationDeleted"], sequence: third.sequence },
  ];
  await eventually(() => seen).toEqual(expected);
  await consumer.stop();

  const fourth = await ledger.append(ref, third, [created], aMeta("5"));
  consuming("d1", take);
  await eventually(() => seen).toEqual([...expected, { ...expected[0], sequence: fourth.sequence }]);
});

test("a change whose handling failed comes again, and does not hold the others up", async () => {
  const seen: string[] = [];
  let troubles = 0;
  consuming(
    "d2",
    async ({ application }) => {
      seen.push(application);
      if (application === "flaky" && seen.filter((name) => name === "flaky").length === 1) throw new Error("later");
    },
    () => (troubles += 1),
  );
  for (const name of ["flaky", "fine"]) {
    await ledger.append({ type: "application", name }, EMPTY_HEAD, [created], aMeta("1"));
  }
  await expect
    .poll(() => seen.filter((name) => name !== "shop"), { timeout: 10_000 })
    .toEqual(["flaky", "fine", "flaky"]);
  expect(troubles).toBe(1);
});
