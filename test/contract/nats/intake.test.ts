import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { lastOn } from "../../../adapters/nats/direct.ts";
import { DEAD_REASON, DEAD_SEQUENCE, DEAD_SUBJECT } from "../../../adapters/nats/dead-letters.ts";
import { createIntake } from "../../../adapters/nats/intake.ts";
import type { Consumption, Delivered, Intake } from "../../../adapters/nats/intake.ts";
import { DEAD_LETTER_STREAM } from "../../../schemas/ids.ts";
import type { ApplicationCommand } from "../../../schemas/messages.ts";
import { connected, eventually } from "./connected.ts";

let server: Awaited<ReturnType<typeof connected>>;
let intake: Intake;
beforeAll(async () => {
  server = await connected();
  intake = createIntake(server.nc);
});
afterAll(() => server?.close());

const command = (application: string, operation = "o"): ApplicationCommand => ({
  ...{ type: "application.command", application, command: "sync", operation },
  ...{ actor: { kind: "user", name: "ada" }, requestedAt: "2026-01-01T00:00:00Z" },
});

let names = 0;
const someApplication = (): string => `app-${(names += 1)}`;

/** Consumes what is published to one application; `handle` is given each message. */
function consuming(application: string, handle: (one: Delivered) => unknown, more: Partial<Consumption> = {}) {
  const ending = new AbortController();
  const done = intake.consume({
    durable: application,
    subjects: [`sluice.intake.command.${application}`],
    signal: ending.signal,
    batch: 10,
    handle: async (batch) => {
      for (const one of batch) await handle(one);
    },
    ...more,
  });
  const stop = async (): Promise<void> => {
    ending.abort();
    await done;
  };
  onTestFinished(stop);
  return { stop };
}

const dead = (application: string) =>
  lastOn(server.nc, DEAD_LETTER_STREAM, `sluice.dead.intake.command.${application}`);

describe("publishing", () => {
  test("says where it lies, and that a second one of the same id is a duplicate", async () => {
    const application = someApplication();
    const first = await intake.publish(command(application), `id-${application}`);
    expect(first.duplicate).toBe(false);
    expect(await intake.publish(command(application), `id-${application}`)).toEqual({ ...first, duplicate: true });
  });

  test("of a message above the server's limit is refused, and the connection lives", async () => {
    const huge = command("a", "x".repeat(9_000_000));
    await expect(intake.publish(huge, "huge")).rejects.toMatchObject({ code: "PayloadTooLarge" });
    expect((await intake.publish(command("a"), "small")).duplicate).toBe(false);
  });
});

describe("consuming", () => {
  test("hands over in order, once each when acknowledged, across restarts of the consumer", async () => {
    const application = someApplication();
    const seen: string[] = [];
    const take = async ({ message, ack }: Delivered): Promise<void> => {
      seen.push((message as ApplicationCommand).operation);
      await ack();
    };
    for (const number of [1, 2, 3]) await intake.publish(command(application, `${number}`), `${application}-${number}`);
    const first = consuming(application, take);
    await eventually(() => seen).toEqual(["1", "2", "3"]);
    await first.stop();
    await intake.publish(command(application, "4"), `${application}-4`);
    consuming(application, take);
    await eventually(() => seen).toEqual(["1", "2", "3", "4"]);
  });

  test("brings back at once what a stopped consumer had not acknowledged", async () => {
    const application = someApplication();
    await intake.publish(command(application), application);
    const first = consuming(application, (one) => one.nak(0));
    await first.stop();
    const deliveries: number[] = [];
    consuming(application, async (one) => {
      deliveries.push(one.deliveries);
      await one.ack();
    });
    await eventually(() => deliveries).toHaveLength(1);
  });

  test("brings a handed back message again after its time, and others meanwhile", async () => {
    const application = someApplication();
    const seen: string[] = [];
    consuming(application, async (one) => {
      const { operation } = one.message as ApplicationCommand;
      seen.push(operation);
      if (operation === "1" && one.deliveries === 1) one.nak(300);
      else await one.ack();
    });
    await intake.publish(command(application, "1"), `${application}-1`);
    await intake.publish(command(application, "2"), `${application}-2`);
    await eventually(() => seen).toEqual(["1", "2", "1"]);
  });

  test("delivers again what was not acknowledged in time, unless it says that it is being worked on", async () => {
    const application = someApplication();
    const silent: number[] = [];
    await intake.publish(command(application), application);
    let busy: ReturnType<typeof setInterval> | undefined;
    onTestFinished(() => clearInterval(busy));
    consuming(
      application,
      (one) => {
        silent.push(one.deliveries);
        if (one.deliveries === 2) busy = setInterval(() => one.working(), 100);
      },
      { ackWaitMs: 500 },
    );
    await eventually(() => silent).toEqual([1, 2]);
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    expect(silent).toEqual([1, 2]);
  });

  test("a handler that throws loses nothing and is told of", async () => {
    const application = someApplication();
    const troubles: unknown[] = [];
    await intake.publish(command(application), application);
    let acknowledged = false;
    consuming(
      application,
      async (one) => {
        if (one.deliveries === 1) throw new Error("boom");
        await one.ack();
        acknowledged = true;
      },
      { ackWaitMs: 300, onTrouble: (error) => troubles.push(error) },
    );
    await eventually(() => acknowledged).toBe(true);
    expect(troubles).toEqual([new Error("boom")]);
  });

  test("is shared by processes of the same name", async () => {
    const application = someApplication();
    const seen: [string, string][] = [];
    const take = (who: string) => async (one: Delivered) => {
      seen.push([who, (one.message as ApplicationCommand).operation]);
      await one.ack();
    };
    consuming(application, take("a"), { batch: 1 });
    consuming(application, take("b"), { batch: 1 });
    for (let number = 0; number < 40; number += 1)
      await intake.publish(command(application, `${number}`), `${application}-${number}`);
    await eventually(() => seen.length).toBe(40);
    expect(new Set(seen.map(([, operation]) => operation)).size).toBe(40);
  });
});

describe("dead letters", () => {
  test.each([
    ["not json", /not JSON/],
    ['{"type":"application.command"}', /fits no schema/],
    ['{"type":"from.the.future"}', /fits no schema/],
  ])("take %s, with its bytes and the reason, and the rest goes on", async (body, reason) => {
    const application = someApplication();
    const seen: Delivered[] = [];
    server.nc.publish(`sluice.intake.command.${application}`, body);
    await intake.publish(command(application), application);
    consuming(application, async (one) => {
      seen.push(one);
      await one.ack();
    });
    await eventually(() => seen).toHaveLength(1);
    const letter = await dead(application);
    expect(Buffer.from(letter?.data ?? []).toString()).toBe(body);
    expect(letter?.header(DEAD_REASON)).toMatch(reason);
    expect(letter?.header(DEAD_SUBJECT)).toBe(`sluice.intake.command.${application}`);
    expect(Number(letter?.header(DEAD_SEQUENCE))).toBe((seen[0] as Delivered).sequence - 1);
  });

  test("take what was delivered too often", async () => {
    const application = someApplication();
    const deliveries: number[] = [];
    await intake.publish(command(application), application);
    consuming(
      application,
      (one) => {
        deliveries.push(one.deliveries);
        one.nak(10);
      },
      { maxDeliveries: 3 },
    );
    await eventually(async () => (await dead(application))?.header(DEAD_REASON)).toMatch(/delivered 3 times/);
    expect(deliveries).toEqual([1, 2, 3]);
  });

  test("take what its handler gives up on, once, whatever stands in the reason", async () => {
    const application = someApplication();
    await intake.publish(command(application), application);
    let buried = 0;
    consuming(application, async (one) => {
      await one.bury("it is\r\nNats-Rollup: all\r\nhopeless");
      buried += 1;
    });
    await eventually(() => buried).toBe(1);
    const letter = await dead(application);
    expect(letter?.header(DEAD_REASON)).toBe("it is Nats-Rollup: all hopeless");
    expect(letter?.header("Nats-Rollup")).toBe("");
  });
});
