import { describe, expect, test } from "vitest";
import { hookState } from "../../../domain/sync/hook-state.ts";
import type { RawObject } from "../../../schemas/artifact.ts";

const live = (apiVersion: string, kind: string, status?: unknown, spec?: unknown): RawObject => ({
  apiVersion,
  kind,
  metadata: { name: "x" },
  ...(spec === undefined ? {} : { spec }),
  ...(status === undefined ? {} : { status }),
});
const jobWith = (type: string, message = "") =>
  live("batch/v1", "Job", { conditions: [{ type, status: "True", message }] });

describe("a hook", () => {
  test("that is a Job is done when it is complete, failed when it failed, and else runs", () => {
    expect(hookState(jobWith("Complete"))).toEqual({ state: "succeeded" });
    expect(hookState(jobWith("Failed", "Job has reached the specified backoff limit"))).toEqual({
      state: "failed",
      message: "Job has reached the specified backoff limit",
    });
    expect(hookState(live("batch/v1", "Job")).state).toBe("running");
    expect(hookState(live("batch/v1", "Job", {}, { suspend: true })).state).toBe("running");
  });
  test("that is a Job runs although its health does not count, or some of its pods failed", () => {
    const ignored = live("batch/v1", "Job", { active: 1, failed: 2 });
    ignored.metadata.annotations = { "argocd.argoproj.io/ignore-healthcheck": "true" };
    expect(hookState(ignored).state).toBe("running");
    expect(hookState(jobWith("FailureTarget")).state).toBe("running");
  });
  test("that ended is done also while it is being deleted", () => {
    const job = jobWith("Complete");
    job.metadata["deletionTimestamp"] = "2026-01-01T00:00:00Z";
    expect(hookState(job).state).toBe("succeeded");
  });
  test("that is a Pod is done when it succeeded and failed when it failed", () => {
    const pod = (phase: string) => live("v1", "Pod", { phase }, { restartPolicy: "Never" });
    expect(["Pending", "Running", "Succeeded", "Failed"].map((phase) => hookState(pod(phase)).state)).toEqual([
      "running",
      "running",
      "succeeded",
      "failed",
    ]);
  });
  test("that is an Argo Workflow goes by its phase", () => {
    const workflow = (phase?: string) => live("argoproj.io/v1alpha1", "Workflow", phase && { phase });
    expect(
      [undefined, "Running", "Succeeded", "Failed", "Error"].map((phase) => hookState(workflow(phase)).state),
    ).toEqual(["running", "running", "succeeded", "failed", "failed"]);
  });
  test("of any other kind is done when it is healthy", () => {
    expect(hookState(live("v1", "ConfigMap")).state).toBe("succeeded");
    expect(hookState(live("apps/v1", "Deployment", {}, { replicas: 1 })).state).toBe("running");
    const custom = live("example.dev/v1", "Backup", {});
    expect(hookState(custom, () => ({ status: "Degraded", message: "no space" }))).toEqual({
      state: "running",
      degraded: true,
      message: "no space",
    });
    expect(hookState(custom, () => ({ status: "Healthy" })).state).toBe("succeeded");
  });
});
