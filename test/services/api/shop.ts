import type { PipelineCommand } from "../../../domain/promotion/command.ts";
import { pipelineDecider } from "../../../domain/promotion/decider.ts";
import { apiInstance, application, CLUSTER } from "./instance.ts";

export const PIPELINE = `
apiVersion: sluice.dev/v1
kind: ReleaseSource
metadata: { name: shop }
spec:
  subscriptions:
    - { name: manifests, git: { repoURL: https://git.example/shop.git } }
---
apiVersion: sluice.dev/v1
kind: GatePolicy
metadata: { name: production }
spec:
  gates:
    - { name: operators, approval: { groups: [sre] } }
---
apiVersion: sluice.dev/v1
kind: Pipeline
metadata: { name: shop }
spec:
  releaseSource: shop
  stages:
    - { name: staging, applications: { names: [shop-staging] } }
    - name: prod
      applications: { names: [shop-prod] }
      gates:
        - { name: soak, soak: 1h }
        - { name: people, policy: production }
      emergencyGroups: [incident-commanders]
`;

const ACCOUNTS = `
apiVersion: sluice.dev/v1
kind: Account
metadata: { name: ida }
spec: { role: operator, groups: [incident-commanders] }
---
apiVersion: sluice.dev/v1
kind: Account
metadata: { name: otto }
spec: { role: operator }
---
apiVersion: sluice.dev/v1
kind: Account
metadata: { name: vera }
spec: { role: viewer, groups: [sre] }
`;

/** Releases, oldest first. */
export const RELEASES = [
  { release: "1".repeat(40), alias: "calm-fox" },
  { release: "2".repeat(40), alias: "brave-otter" },
] as const;
export const [FOX, OTTER] = RELEASES;
export const NOW = "2026-03-02T12:00:00.000Z";

type Instance = Awaited<ReturnType<typeof apiInstance>>;

/** A shop of two stages with its releases and accounts, on an API of its own. */
export async function openShop() {
  const instance = await apiInstance({ now: () => new Date(NOW) });
  return { ...instance, ...(await fillShop(instance)) };
}

/** Fills an API with the shop; `execute` is what a stage's workflow would do. */
export async function fillShop({ apply, ports, record, call }: Instance) {
  const system = { kind: "system", name: "sluice" } as const;
  const applications = [application("shop-staging"), application("shop-prod")];
  const applied = await apply([CLUSTER, ...applications, PIPELINE, ACCOUNTS].join("---"));
  if (applied.status !== 200) throw new Error(applied.text);
  const meta = { at: NOW, actor: system, cause: "test", messageId: "test" };
  const source = { type: "releasesource", name: "shop" } as const;
  const append = (ref: Parameters<typeof record>[0]["ref"], events: Parameters<typeof record>[0]["events"]) =>
    record({ ref, expected: { sequence: 0, hash: "" }, events, meta });
  const made = { content: { commits: [], images: [], charts: [] }, commits: [] };
  for (const named of RELEASES) {
    const data = { ...named, ...made, authors: [], origin: "poll" as const, by: system, at: NOW };
    append(source, [{ type: "ReleaseCreated", data }]);
  }
  const execute = async (...commands: PipelineCommand[]): Promise<void> => {
    for (const command of commands) {
      const { state } = await ports.aggregates.load(pipelineDecider, "shop");
      append({ type: "pipeline", name: "shop" }, pipelineDecider.decide(command, state));
    }
  };
  /** The release goes through a stage and is verified there, as if its workflow had run. */
  const through = async (stage: string, release: string): Promise<string> => {
    const promotion = `${stage}-${release.slice(0, 7)}-through`;
    const at = NOW;
    const trigger = { type: "manual", actor: system, cause: "test" } as const;
    await execute(
      { type: "RequestPromotion", promotion, stage, release, trigger, at },
      { type: "StartNext", stage, at },
      { type: "RecordVerdicts", promotion, verdicts: [], at },
      { type: "RecordDifference", promotion, digest: "d".repeat(64), blob: "difference", counts: NO_COUNTS },
      { type: "BeginMove", promotion, mode: "pin", at },
    );
    const target = { application: `shop-${stage}`, wave: 0, operation: "op", revision: "r", sourceDigest: "s" };
    await execute(
      { type: "StartWave", promotion, wave: 0, targets: [{ ...target, after: 0 } as never], at },
      { type: "RecordPromoted", promotion, ...target, sequence: 1, at } as never,
      { type: "CompleteWave", promotion, wave: 0, unhealthy: [], at },
      { type: "Succeed", promotion, at },
    );
    return promotion;
  };
  const tokenOf = async (account: string): Promise<string> =>
    ((await call("POST", `/accounts/${account}/tokens`, {})).body as { token: string }).token;
  const as = async (account: string) => {
    const authorization = `Bearer ${await tokenOf(account)}`;
    return (method: "GET" | "POST", path: string, body?: unknown) => call(method, path, body, { authorization });
  };
  return { execute, through, as, tokenOf };
}

export const NO_COUNTS = { applications: 1, created: 0, changed: 1, deleted: 0, unchanged: 0 };
