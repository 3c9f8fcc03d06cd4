import { describe, expect, it } from "vitest";
import { healthSays } from "../../../activities/promotion/measure-health.ts";
import { createObserveHealth, type ObserveHealthDeps } from "../../../activities/promotion/observe-health.ts";
import { initialApplication } from "../../../domain/application/state.ts";
import type { HealthStatus } from "../../../schemas/operation.ts";

/** Applications of so many claims each, all of which are bound in the cluster; `health` is what the ledger says. */
function observing(applications: Record<string, { objects: number; health: HealthStatus }>) {
  const deps = {
    load: async (name) => ({
      ...initialApplication,
      ...{ cluster: "eu", inventory: name, health: applications[name]!.health },
    }),
    blobs: {
      getJson: async (name: string) => ({
        entries: Array.from({ length: applications[name]!.objects }, (_, index) => ({
          key: { group: "", kind: "PersistentVolumeClaim", namespace: "web", name: `data-${index}` },
          apiVersion: "v1",
        })),
      }),
    } as unknown as ObserveHealthDeps["blobs"],
    cluster: async () => ({
      resolve: async () => ({}) as never,
      get: async (_kind, namespace, name) => ({
        ...{ apiVersion: "v1", kind: "PersistentVolumeClaim", metadata: { namespace, name } },
        status: { phase: "Bound" },
      }),
    }),
    own: undefined,
  } as ObserveHealthDeps;
  const observe = createObserveHealth(deps);
  return (kinds?: readonly string[]) => observe(Object.keys(applications), kinds, new AbortController().signal);
}

describe("health of more objects than one measurement looks at", () => {
  it.each(["Degraded", "Missing", "Unknown", "Progressing"] as const)(
    "an application beyond them is %s as the ledger says",
    async (health) => {
      const observed = await observing({ a: { objects: 500, health: "Healthy" }, b: { objects: 3, health } })();
      expect(observed).toMatchObject({
        unseen: 3,
        applications: [{ status: "Healthy" }, { name: "b", status: health }],
      });
      expect(healthSays(observed, undefined).phase).not.toBe("Successful");
    },
  );

  it("an application that is looked at in part is no better than the ledger says", async () => {
    const observed = await observing({ a: { objects: 501, health: "Degraded" } })();
    expect(healthSays(observed, undefined)).toEqual({
      phase: "Failed",
      message: "a is Degraded: as it was last recorded",
    });
  });

  it("of chosen kinds nothing is said when some of them were not looked at", async () => {
    const kinds = ["PersistentVolumeClaim"];
    const observed = await observing({ a: { objects: 501, health: "Healthy" } })(kinds);
    expect(observed.objects).toHaveLength(500);
    expect(healthSays(observed, kinds)).toMatchObject({
      phase: "Inconclusive",
      message: expect.stringContaining("1 more objects were not looked at"),
    });
  });

  it("none is left out of five hundred", async () => {
    const observed = await observing({ a: { objects: 500, health: "Healthy" } })();
    expect(observed).not.toHaveProperty("unseen");
    expect(healthSays(observed, undefined)).toEqual({ phase: "Successful" });
  });
});
