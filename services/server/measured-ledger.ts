import { Counter, Histogram, type Registry } from "prom-client";
import type { Ledger } from "../../adapters/nats/ledger.ts";
import { toSluiceError } from "../../schemas/errors.ts";

/** The ledger with its appends counted by aggregate and result, and timed. */
export function measuredLedger(ledger: Ledger, registry: Registry): Ledger {
  const registers = [registry];
  const total = new Counter({
    name: "sluice_ledger_appends_total",
    help: "Appends to the ledger, by aggregate and result: stored, or the code of the error.",
    labelNames: ["aggregate", "result"] as const,
    registers,
  });
  const seconds = new Histogram({
    name: "sluice_ledger_append_seconds",
    help: "Time until an append was on disk.",
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1, 5, 10],
    registers,
  });
  const measure = async <Result>(aggregates: readonly string[], append: () => Promise<Result>): Promise<Result> => {
    const end = seconds.startTimer();
    const count = (result: string): void => {
      for (const aggregate of aggregates) total.inc({ aggregate, result });
    };
    try {
      const result = await append();
      end();
      count("stored");
      return result;
    } catch (error) {
      count(toSluiceError(error).code);
      throw error;
    }
  };
  return {
    ...ledger,
    append: (ref, expected, events, meta) => measure([ref.type], () => ledger.append(ref, expected, events, meta)),
    appendAll: (appends) =>
      measure(
        appends.map(({ ref }) => ref.type),
        () => ledger.appendAll(appends),
      ),
  };
}
