import { accountDecider } from "../../domain/account/decider.ts";
import { applicationDecider } from "../../domain/application/decider.ts";
import { gatePolicyDecider } from "../../domain/configuration/gates.ts";
import { systemDecider } from "../../domain/configuration/system.ts";
import type { ApplicationHealth } from "../../domain/promotion/next.ts";
import { pipelineDecider } from "../../domain/promotion/decider.ts";
import type { SeenEvent } from "../../domain/promotion/target-outcome.ts";
import { releaseSourceDecider } from "../../domain/release/decider.ts";
import type { ApplicationEvent } from "../../schemas/events/index.ts";
import type { GatePolicySpec } from "../../schemas/kinds/gate-policy.ts";
import type { Stage } from "../../schemas/kinds/pipeline.ts";
import type { ReleaseView } from "../../schemas/promotion-views.ts";
import type { Core } from "./core.ts";

type Stores = Pick<Core, "aggregates" | "ledger" | "store" | "projector">;

/** What promotions read: decisions from the ledger, and what never changes once it is there from the views. */
export function readingsOf({ aggregates, ledger, store, projector }: Stores) {
  const policy = async (name: string): Promise<GatePolicySpec | undefined> =>
    (await aggregates.load(gatePolicyDecider, name)).state.configuration?.spec;
  /** What is not in the views may only be not in them yet. */
  const caughtUp = async <Value>(look: () => Value | undefined): Promise<Value | undefined> => {
    const known = look();
    if (known !== undefined) return known;
    await projector.reached(await ledger.last());
    return look();
  };

  return {
    pipeline: async (name: string) => (await aggregates.load(pipelineDecider, name)).state,
    policy,
    policies: async ({ gates }: Stage): Promise<ReadonlyMap<string, GatePolicySpec>> => {
      const names = [...new Set(gates.flatMap(({ policy: named }) => named ?? []))];
      const found = await Promise.all(names.map(async (name) => [name, await policy(name)] as const));
      return new Map(found.flatMap(([name, spec]) => (spec ? [[name, spec] as const] : [])));
    },
    line: async () => {
      const { line } = (await aggregates.load(systemDecider, "sluice")).state;
      return line ? { stopped: true, by: line.by.name, reason: line.reason } : { stopped: false };
    },
    /** Oldest first. */
    releases: async (source: string) => (await aggregates.load(releaseSourceDecider, source)).state.releases,
    findRelease: (source: string, release: string): Promise<ReleaseView | undefined> =>
      caughtUp(() => store.get("releases", `${source}/${release}`)),
    account: async (name: string) => (await aggregates.load(accountDecider, name)).state.configuration?.spec,
    /** Every application there is, as far as stages select it. */
    selectable: async () => {
      await projector.reached(await ledger.last());
      return store
        .list("applications")
        .map(({ value: { name, labels, spec } }) => ({ name, labels, project: spec.project }));
    },
    /** An application's aggregate, and its events after a ledger sequence. */
    application: async (name: string, after: number) => {
      const { state } = await aggregates.load(applicationDecider, name);
      const seen: SeenEvent[] = [];
      for await (const { event, sequence } of ledger.read({ type: "application", name }, { after })) {
        seen.push({ event: event as ApplicationEvent, sequence });
      }
      return { state, seen };
    },
    health: async (application: string): Promise<ApplicationHealth> => {
      const { health, deployed } = (await aggregates.load(applicationDecider, application)).state;
      const key = `${application}/${deployed?.operation ?? ""}`;
      const asked = deployed && (store.get("operations", key) ?? (await caughtUp(() => store.get("operations", key))));
      const isByHand = asked?.trigger.type === "manual";
      const since = store.get("applications", application)?.health;
      return {
        application,
        health,
        ...(since?.status === health && { since: since.since }),
        ...(isByHand && { byHand: deployed }),
      };
    },
  };
}
