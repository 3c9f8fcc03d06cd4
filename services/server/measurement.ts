import { createExpressions } from "../../activities/promotion/expressions.ts";
import { createMeasure, type Measure } from "../../activities/promotion/measure.ts";
import type { JobPlace } from "../../activities/promotion/measure-job.ts";
import { createObserveHealth } from "../../activities/promotion/observe-health.ts";
import type { Found } from "../../activities/promotion/take.ts";
import type { OwnCheck } from "../../activities/judge.ts";
import type { GateSandbox } from "../../adapters/health-checks/gate-sandbox.ts";
import type { KubeClient } from "../../adapters/kubernetes/client.ts";
import { createMeasurementHttp, NotAnswered } from "../../adapters/measurement/http.ts";
import { queryPrometheus } from "../../adapters/measurement/prometheus.ts";
import { queryWeb } from "../../adapters/measurement/web.ts";
import { analysisTemplateDecider } from "../../domain/configuration/gates.ts";
import { applicationsOf, placesOf } from "../worker/records.ts";
import type { Core } from "./core.ts";

/** What measuring is wired from. */
export interface MeasurementParts {
  core: Pick<Core, "aggregates" | "blobs">;
  clusters: {
    client(name: string): Promise<KubeClient>;
    addresses(): ReadonlyMap<string, { server: string }>;
  };
  own: OwnCheck | undefined;
  gates: GateSandbox;
  /** Hosts, addresses and ranges that may be asked though they are refused by default. */
  allowAddresses: readonly string[];
  secret(ref: { name: string; key: string }): Promise<string | undefined>;
}

/** What promotions measure and evaluate with. */
export interface Measurement {
  measure: Measure;
  expressions: ReturnType<typeof createExpressions>;
  close(): Promise<void>;
}

/** Measures on this process's clusters and network. */
export function createMeasurement({
  core,
  clusters,
  own,
  gates,
  allowAddresses,
  secret,
}: MeasurementParts): Measurement {
  const { aggregates, blobs } = core;
  const http = createMeasurementHttp({ allowed: allowAddresses });
  const applications = applicationsOf(aggregates);
  const placeOf = placesOf({ aggregates, clusters: () => clusters.addresses() });

  /** Where the first application goes, by name: the same at every look. */
  async function place(names: readonly string[]): Promise<JobPlace | undefined> {
    const [first] = names.toSorted();
    const spec = first === undefined ? undefined : (await applications.load(first)).configuration?.spec;
    if (!spec) return undefined;
    const { cluster } = await placeOf(spec);
    return { cluster: await clusters.client(cluster.name), namespace: spec.destination.namespace ?? "default" };
  }

  return {
    measure: createMeasure({
      prometheus: (query) => answered(() => queryPrometheus(http, query)),
      web: (query) => answered(async () => ({ value: await queryWeb(http, query) })),
      place,
      health: createObserveHealth({ load: applications.load, blobs, own, cluster: (name) => clusters.client(name) }),
      blobs: { put: (text) => blobs.put(text) },
      template: async (name) => (await aggregates.load(analysisTemplateDecider, name)).state.configuration?.spec,
      secret,
    }),
    expressions: createExpressions({ evaluate: gates.evaluate }),
    close: () => http.close(),
  };
}

/** What could not be measured is a measurement too. */
async function answered(ask: () => Promise<Found>): Promise<Found> {
  try {
    return await ask();
  } catch (thrown) {
    if (thrown instanceof NotAnswered) return { problem: thrown.message };
    throw thrown;
  }
}
