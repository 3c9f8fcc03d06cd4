import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createLedger, EMPTY_HEAD } from "../../../adapters/nats/ledger.ts";
import type { Head, Ledger } from "../../../adapters/nats/ledger.ts";
import { createIntake } from "../../../adapters/nats/intake.ts";
import { SluiceError } from "../../../schemas/errors.ts";
import { all, aMeta, anEvent, connected, someProject, eventually } from "./connected.ts";

let server: Awaited<ReturnType<typeof connected>>;
let ledger: Ledger;
beforeAll(async () => {
  server = await connected();
  ledger = createLedger(server.nc);
});
afterAll(() => server?.close());

const kill = (): void => void process.kill(server.nats.process.pid as number, "SIGKILL");

describe("with the server killed again and again", () => {
  test("every append happens exactly once, in order, and a follower misses none", async () => {
    const refs = Array.from({ length: 4 }, someProject);
    const before = await ledger.last();
    const ending = new AbortController();
    const followed: number[] = [];
    const following = (async () => {
      for await (const { events } of ledger.follow({ after: before, signal: ending.signal })) {
        followed.push(...events.map(({ sequence }) => sequence));
      }
    })();

    let kills = 0;
    const killing = setInterval(() => {
      if ((kills += 1) <= 4) kill();
      else clearInterval(killing);
    }, 700);
    const writers = refs.map(async (ref) => {
      let head: Head = EMPTY_HEAD;
      // At least 60 each, and on until the last kill is survived.
      for (let number = 0; number < 60 || kills <= 4; number += 1) {
        head = await persistently(() => ledger.append(ref, head, [anEvent(`${number}`)], aMeta(`${number}`)));
      }
    });
    await Promise.all(writers);
    clearInterval(killing);

    const last = await ledger.last();
    await eventually(() => followed.at(-1)).toBe(last);
    ending.abort();
    await following;
    expect(followed).toEqual(Array.from({ length: last - before }, (_, offset) => before + 1 + offset));
    for (const ref of refs) {
      const numbers = (await all(ledger.read(ref))).map(
        ({ event }) => (event.data as { spec: { description: string } }).spec.description,
      );
      expect(numbers).toEqual(numbers.map((_, index) => `${index}`));
    }
    expect((await ledger.verify()).broken).toEqual([]);
  });
});

describe("with the server gone", () => {
  test("says so in time, and goes on by itself when it is back", async () => {
    const ref = someProject();
    await server.nats.process.stop({ graceMs: 0 });
    const push = {
      type: "git.push",
      repository: "r",
      repoURL: "u",
      ref: "*",
      delivery: "d",
      source: "webhook",
    } as const;
    const message = { ...push, actor: { kind: "webhook", name: "w" }, receivedAt: "" } as const;
    const [append, intake] = await Promise.allSettled([
      ledger.append(ref, EMPTY_HEAD, [anEvent()], aMeta("a")),
      createIntake(server.nc).publish(message, "d"),
    ]);
    for (const outcome of [append, intake]) {
      expect(outcome).toMatchObject({
        status: "rejected",
        reason: { code: "Unavailable", next: expect.any(String) as unknown },
      });
    }
    await server.nats.process.start();
    await persistently(() => ledger.append(ref, EMPTY_HEAD, [anEvent()], aMeta("a")));
    expect(await all(ledger.read(ref))).toHaveLength(1);
  });
});

/** As an activity does it: the same append again while the server does not answer. */
async function persistently<Result>(work: () => Promise<Result>): Promise<Result> {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof SluiceError && error.code === "Unavailable")) throw error;
    }
  }
}
