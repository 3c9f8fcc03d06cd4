import { describe, expect, test } from "vitest";
import { createAdmit, type AdmitRequest } from "../../activities/admit.ts";
import { createDependencies, type DependencyDeps } from "../../activities/dependencies.ts";
import type { ServedKind } from "../../activities/live.ts";
import { initialApplication } from "../../domain/application/state.ts";
import type { RawObject } from "../../schemas/artifact.ts";
import { SluiceError } from "../../schemas/errors.ts";
import { ApplicationSpec, type Dependency } from "../../schemas/kinds/application.ts";
import { ProjectSpec, type SyncWindow } from "../../schemas/kinds/project.ts";
import type { OperationRequest } from "../../schemas/operation.ts";
import type { ApplicationView } from "../../schemas/views.ts";

const NIGHT = { kind: "deny", schedule: "0 22 * * *", duration: "8h", applications: ["*"], overrideRoles: ["sre"] };
const MIDNIGHT = "2026-05-05T00:00:00.000Z";

interface Asked {
  dependsOn?: Dependency[];
  windows?: unknown[];
  request?: Partial<OperationRequest>;
  type?: OperationRequest["trigger"]["type"];
}

function asked({ dependsOn = [], windows = [], request = {}, type = "push" }: Asked): AdmitRequest {
  const project = ProjectSpec.parse({
    destinations: [{ name: "*", namespace: "shop" }],
    roles: [{ name: "sre", members: ["ada"] }],
    syncWindows: windows as SyncWindow[],
  });
  return {
    application: "web",
    request: {
      ...{ operation: "op-1", kind: "sync", requestedAt: MIDNIGHT },
      trigger: { type, actor: { kind: "user", name: "ada" }, cause: "c" },
      ...request,
    },
    state: initialApplication,
    spec: ApplicationSpec.parse({
      source: { repoURL: "https://git.example/shop.git" },
      destination: { name: "prod", namespace: "shop" },
      dependsOn,
    }),
    place: { cluster: { name: "prod", server: "https://prod" }, project: { name: "shop", spec: project } },
    signal: new AbortController().signal,
  };
}

const KINDS: Record<string, ServedKind> = {
  ConfigMap: {
    ...{ group: "", version: "v1", apiVersion: "v1", resource: "configmaps", kind: "ConfigMap" },
    ...{ namespaced: true, verbs: [] },
  },
};

function world(objects: RawObject[] = [], more: Partial<DependencyDeps> = {}) {
  const looks: string[] = [];
  const dependencies = createDependencies({
    upstream: async () => ({ view: undefined }),
    cluster: async () => ({
      resolve: async (_, kind) => KINDS[kind],
      get: async (kind, namespace, name) => {
        looks.push(`${kind.kind} ${namespace}/${name}`);
        return objects.find(({ metadata }) => metadata.name === name && metadata.namespace === namespace);
      },
    }),
    ready: async (expression, object) => expression === (object["data"] as { go: string }).go,
    ...more,
  });
  return { admit: createAdmit({ dependencies, now: () => MIDNIGHT }), looks };
}

const gate = (go: string, namespace = "shop"): RawObject => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name: "gate", namespace },
  data: { go },
});
const onGate = (more: Partial<Dependency> & { namespace?: string; kind?: string } = {}): Dependency[] => {
  const { namespace, kind = "ConfigMap", ...rest } = more;
  return [{ resource: { apiVersion: "v1", kind, name: "gate", ...(namespace && { namespace }) }, ...rest }];
};
const heldBy = async (admit: ReturnType<typeof world>["admit"], what: Asked) =>
  (await admit(asked(what))).hold?.message;

describe("an operation that wants to begin", () => {
  test("may, where nothing is in the way", async () => {
    expect(await world().admit(asked({}))).toEqual({});
  });

  test("is held by a window before anything else is looked at", async () => {
    const { admit, looks } = world();
    const { hold } = await admit(asked({ windows: [NIGHT], dependsOn: onGate() }));
    expect(hold).toMatchObject({ reason: "SyncWindowClosed", until: "2026-05-05T06:00:00.000Z" });
    expect(looks).toEqual([]);
  });

  test("with an override still waits for what it depends on, and tells of the override once it begins", async () => {
    const request = { options: { overrideWindow: { reason: "it burns" } } };
    const what: Asked = { windows: [NIGHT], request, type: "manual", dependsOn: onGate() };
    expect((await world().admit(asked(what))).hold?.reason).toBe("DependencyNotReady");
    expect(await world([gate("yes")]).admit(asked(what))).toEqual({
      overridden: { windows: ["deny 0 22 * * * for 8h (UTC)"], reason: "it burns" },
    });
  });

  test("is refused when it overrides what it may not", async () => {
    const request = { options: { overrideWindow: { reason: "because" } } };
    const what: Asked = { windows: [{ ...NIGHT, overrideRoles: [] }], request, type: "manual" };
    await expect(world().admit(asked(what))).rejects.toMatchObject({ code: "Forbidden" });
  });
});

describe("an application that is depended on", () => {
  const on = (name: string): Dependency[] => [{ application: name }];
  const among = (applications: Record<string, Dependency[]>) => {
    const views = Object.entries(applications).map(([name, dependsOn]) => ({ name, spec: { dependsOn } }));
    return world([], {
      upstream: async (name) => ({
        view: views.find((view) => view.name === name) as unknown as ApplicationView | undefined,
      }),
    }).admit;
  };

  test("and that waits for the one that asks, over others too, is told as a circle", async () => {
    const admit = among({ db: on("disk"), disk: on("web") });
    expect(await heldBy(admit, { dependsOn: on("db") })).toContain("circle: web -> db -> disk -> web");
  });

  test("is only waited for where there is no circle with the one that asks", async () => {
    const admit = among({ db: on("disk"), disk: on("db") });
    expect(await heldBy(admit, { dependsOn: on("db") })).toMatch(/it goes on as soon as that is there$/);
  });
});

describe("an object that is depended on", () => {
  test("is there when it is healthy, in the destination's namespace unless it names one", async () => {
    const { admit, looks } = world([gate("yes")]);
    expect(await heldBy(admit, { dependsOn: onGate() })).toBeUndefined();
    expect(looks).toEqual(["ConfigMap shop/gate"]);
  });

  test.each<[string, RawObject[], Dependency[]]>([
    ["it is not there", [], onGate()],
    ["prod has no kind Widget in v1", [], onGate({ kind: "Widget" })],
    ["its readyExpr is not true", [gate("no")], onGate({ readyExpr: "yes" })],
  ])("is not while %s", async (why, objects, dependsOn) => {
    expect(await heldBy(world(objects).admit, { dependsOn })).toContain(`gate (${why})`);
  });

  test("is judged by its expression alone where it has one", async () => {
    expect(await heldBy(world([gate("yes")]).admit, { dependsOn: onGate({ readyExpr: "yes" }) })).toBeUndefined();
    const broken = world([gate("yes")], { ready: async () => ({ problem: "no such field" }) });
    expect(await heldBy(broken.admit, { dependsOn: onGate({ readyExpr: "x" }) })).toContain("no such field");
  });

  test("is not looked at where the project does not reach", async () => {
    const { admit, looks } = world([gate("yes", "secret")]);
    const message = await heldBy(admit, { dependsOn: onGate({ namespace: "secret", readyExpr: "yes" }) });
    expect(message).toContain("project shop does not allow namespace secret");
    expect(looks).toEqual([]);
  });

  test("that may not be read says so; a cluster that is away is tried again", async () => {
    const failing = (code: "ClusterForbidden" | "ClusterUnavailable") =>
      world([], {
        cluster: async () => ({
          resolve: async () => KINDS["ConfigMap"],
          get: () => Promise.reject(new SluiceError(code, "no")),
        }),
      });
    expect(await heldBy(failing("ClusterForbidden").admit, { dependsOn: onGate() })).toContain("may not read it");
    await expect(failing("ClusterUnavailable").admit(asked({ dependsOn: onGate() }))).rejects.toMatchObject({
      code: "ClusterUnavailable",
    });
  });
});

describe("what does not wait for dependencies", () => {
  test.each<[string, Asked]>([
    ["a comparison", { request: { kind: "refresh" } }],
    ["a delete", { request: { kind: "delete" } }],
    ["a rollback", { request: { kind: "rollback" }, type: "manual" }],
    ["a dry run", { request: { options: { dryRun: true } }, type: "manual" }],
    ["the repair of drift", { type: "drift" }],
  ])("%s", async (_, what) => {
    expect(await world().admit(asked({ ...what, dependsOn: [{ application: "db" }, ...onGate()] }))).toEqual({});
  });
});
