import { createAssessActivity } from "../../../activities/assess.ts";
import type { Planned } from "../../../activities/plan.ts";
import type { Assessed } from "../../../activities/steps.ts";
import type { ObjectOutcome, RawObject, Report } from "../../../schemas/artifact.ts";
import type { Part } from "../../../schemas/phases.ts";
import type { More, Stage, Synced, TestApplication } from "./stage.ts";

/** A sync in parts as the workflow makes it, a part at a time, so that a test can look in between. */
export class PartedSync {
  readonly planned: Planned;
  readonly #stage: Stage;
  readonly #app: TestApplication;
  last: Synced | undefined;

  private constructor(stage: Stage, app: TestApplication, planned: Planned) {
    this.#stage = stage;
    this.#app = app;
    this.planned = planned;
  }

  static async of(
    stage: Stage,
    app: TestApplication,
    objects: readonly RawObject[] | undefined,
    more: More = {},
  ): Promise<PartedSync> {
    const hooked = { hooks: "always", ...more.hooked } as const;
    return new PartedSync(stage, app, await app.plan(objects, { ...more, hooked }));
  }

  /** Its parts in words, as `PreSync 0`. */
  get parts(): string[] {
    return (this.planned.course?.waves ?? []).map(({ phase, wave }) => `${phase} ${wave}`);
  }

  part(name: string): Part {
    const found = this.planned.course?.waves[this.parts.indexOf(name)];
    if (!found) throw new Error(`no part ${name} in ${this.parts.join(", ")}`);
    return found;
  }

  async apply(name: string, more: { signal?: AbortSignal; confirmed?: boolean } = {}): Promise<Synced> {
    return await this.#run(this.part(name), more);
  }

  /** The deletion of hooks that are over. */
  async cleanUp(abandon = false): Promise<Synced> {
    return await this.#run({ phase: "Cleanup", wave: 0 }, { abandon });
  }

  async #run(
    part: Part,
    { signal, ...more }: { signal?: AbortSignal; confirmed?: boolean; abandon?: boolean },
  ): Promise<Synced> {
    const left = this.last ? { report: this.last.report, inventory: this.last.inventory } : {};
    this.last = await this.#app.apply(this.planned, signal, { part, ...left, ...more });
    return this.last;
  }

  async assess(name: string): Promise<Assessed> {
    const { report, inventory } = this.last!;
    const activity = createAssessActivity({ blobs: this.#app.blobs, cluster: async () => this.#stage.client });
    const context = { signal: new AbortController().signal, heartbeat: () => undefined, progress: undefined };
    const input = { application: this.#app.name, operation: "op", cluster: "test", report, inventory };
    const seen = await activity({ ...input, part: this.part(name) }, context);
    this.last = { ...this.last!, report: seen.report, reportBlob: await this.#app.blobs.getJson<Report>(seen.report) };
    return seen;
  }

  outcome(name: string): ObjectOutcome | undefined {
    return this.last?.reportBlob.outcomes.find(({ key }) => key.name === name);
  }
}

/** A Job that is a hook. */
export const hookJob = (name: string, annotations: Record<string, string>): RawObject => ({
  apiVersion: "batch/v1",
  kind: "Job",
  metadata: { name, annotations: { "argocd.argoproj.io/hook": "PreSync", ...annotations } },
  spec: {
    template: { spec: { restartPolicy: "Never", containers: [{ name: "main", image: "example.invalid/job:1" }] } },
  },
});

/** Ends a Job as its controller would, where none runs. */
export async function endJob(
  stage: Stage,
  { namespace, name }: { namespace: string; name: string },
  how: "Complete" | "Failed",
): Promise<void> {
  const at = new Date().toISOString();
  const condition = (type: string): object => ({
    type,
    status: "True",
    lastProbeTime: at,
    lastTransitionTime: at,
    reason: type,
    message: how === "Failed" ? "Job has reached the specified backoff limit" : "",
  });
  const before = how === "Complete" ? "SuccessCriteriaMet" : "FailureTarget";
  const done = how === "Complete" ? { succeeded: 1, completionTime: at } : { failed: 1 };
  const path = `/apis/batch/v1/namespaces/${namespace}/jobs/${name}`;
  const { body } = await stage.servers.cluster.request<RawObject>(path);
  const status = { startTime: at, ...done, conditions: [condition(before), condition(how)], ready: 0, terminating: 0 };
  const answer = await stage.servers.cluster.request(`${path}/status`, { method: "PUT", body: { ...body, status } });
  if (answer.status !== 200) throw new Error(`${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
}
