import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { acquireLease } from "../../../adapters/nats/leases.ts";
import type { Lease } from "../../../adapters/nats/leases.ts";
import { connected, eventually } from "./connected.ts";

let server: Awaited<ReturnType<typeof connected>>;
beforeAll(async () => {
  server = await connected();
});
afterAll(() => server?.close());

const TTL = 1_000;
const lost = new Map<string, number>();

async function acquire(
  name: string,
  holder: string,
  nc = server.nc,
  signal = new AbortController().signal,
): Promise<Lease> {
  const onLost = (): void => void lost.set(holder, performance.now());
  const lease = await acquireLease(nc, name, { holder, ttlMs: TTL, signal, onLost });
  onTestFinished(() => lease.release());
  return lease;
}

test("one at a time: the next waits until the owner gives it up, and has a larger token", async () => {
  const first = await acquire("a", "one");
  let second: Lease | undefined;
  const waiting = acquire("a", "two").then((lease) => (second = lease));
  await new Promise((resolve) => setTimeout(resolve, 2 * TTL));
  expect(second).toBeUndefined();
  await first.release();
  expect((await waiting).token).toBeGreaterThan(first.token);
  expect(lost.size).toBe(0);
});

test("of many candidates one becomes the owner", async () => {
  const ending = new AbortController();
  let owners = 0;
  const all = Array.from({ length: 5 }, (_, index) =>
    acquire("b", `b-${index}`, server.nc, ending.signal).then(
      () => (owners += 1),
      () => undefined,
    ),
  );
  await Promise.race(all);
  await new Promise((resolve) => setTimeout(resolve, TTL));
  expect(owners).toBe(1);
  ending.abort();
  await Promise.all(all);
  expect(owners).toBe(1);
});

test("an owner that cannot reach NATS stops before another takes over", async () => {
  const away = await server.connect();
  await acquire("c", "cut-off", away);
  const waiting = acquire("c", "successor");
  await away.close();
  await waiting;
  const taken = performance.now();
  expect(lost.get("cut-off")).toBeLessThan(taken);
});

test("who comes back under its own name waits for nobody", async () => {
  const away = await server.connect();
  const first = await acquire("d", "same", away);
  await away.close();
  const begun = performance.now();
  const second = await acquire("d", "same");
  expect(second.token).toBeGreaterThan(first.token);
  expect(performance.now() - begun).toBeLessThan(TTL / 2);
});

test("waiting ends with the signal", async () => {
  await acquire("e", "owner");
  const ending = new AbortController();
  const waiting = expect(acquire("e", "late", server.nc, ending.signal)).rejects.toThrow("enough");
  ending.abort(new Error("enough"));
  await waiting;
});

test("an owner whose entry was taken is told", async () => {
  await acquire("f", "robbed");
  const thief = acquire("f", "robbed");
  expect((await thief).token).toBeGreaterThan(0);
  // Both go by the same name; what is another's is another's.
  server.nc.publish("$KV.sluice-leases.f", "somebody else");
  await eventually(() => lost.has("robbed")).toBe(true);
});
