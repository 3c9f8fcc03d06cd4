import { describe, expect, it } from "vitest";
import { SluiceError } from "../../../schemas/errors.ts";
import { apiInstance, application, CLUSTER, REPOSITORY } from "./instance.ts";

const results = (body: { objects: { kind: string; name: string; result: string }[] }) =>
  body.objects.map(({ kind, name, result }) => `${kind}/${name} ${result}`);

describe("apply", () => {
  it("creates a batch at once, then finds it unchanged, then configures only what changed", async () => {
    const { apply, events } = await apiInstance();
    const all = [application("web"), CLUSTER, REPOSITORY].join("---");
    const first = await apply(all);
    expect(first.status).toBe(200);
    expect(results(first.body)).toEqual([
      "Application/web created",
      "Cluster/staging created",
      "Repository/shop created",
    ]);
    const before = events.length;
    expect(results((await apply(all)).body)).toEqual([
      "Application/web unchanged",
      "Cluster/staging unchanged",
      "Repository/shop unchanged",
    ]);
    expect(events).toHaveLength(before);
    const changed = await apply([application("web", "revisionHistoryLimit: 3"), CLUSTER].join("---"));
    expect(results(changed.body)).toEqual(["Application/web configured", "Cluster/staging unchanged"]);
    expect(events.at(-1)).toMatchObject({
      event: { type: "ApplicationUpdated" },
      actor: { kind: "user", name: "admin" },
    });
  });

  it("a dry run answers the same and changes nothing", async () => {
    const { apply, events, secrets } = await apiInstance();
    const before = events.length;
    const answer = await apply([application("web"), CLUSTER].join("---"), "?dryRun=true");
    expect(answer.body).toMatchObject({ dryRun: true });
    expect(results(answer.body)).toEqual(["Application/web created", "Cluster/staging created"]);
    expect(events).toHaveLength(before);
    expect(secrets.size).toBe(0);
  });

  it("one bad object among many leaves nothing applied, and every problem is told", async () => {
    const { apply, events, secrets } = await apiInstance();
    const before = events.length;
    const bad = application("bad").replace("name: staging", "name: nowhere") + "\n  syncPolicyy: {}\n";
    const answer = await apply([CLUSTER, application("good"), application("Worse"), bad].join("---"));
    expect(answer.status).toBe(422);
    const { problems } = answer.body as { problems: { path: string; line: number; message: string }[] };
    expect(problems.map(({ path }) => path)).toEqual(["metadata.name", "spec.syncPolicyy"]);
    expect(events).toHaveLength(before);
    expect(secrets.size).toBe(0);
  });

  it("refuses references to nothing, with file, line and path", async () => {
    const { apply } = await apiInstance();
    const answer = await apply(application("web", "project: shop"));
    expect(answer.status).toBe(422);
    expect(answer.body).toMatchObject({
      problems: [
        { file: "test.yaml", line: 8, path: "spec.project", message: "there is no Project shop" },
        { file: "test.yaml", line: 7, path: "spec.destination.name", message: "there is no Cluster staging" },
      ],
    });
  });

  it("refuses what the project does not allow", async () => {
    const { apply } = await apiInstance();
    const project = `
apiVersion: sluice.dev/v1
kind: Project
metadata: { name: shop }
spec:
  sourceRepos: ["https://git.example/other.git"]
  destinations: [{ name: staging, namespace: "web-*" }]
`;
    const answer = await apply([project, CLUSTER, application("web", "project: shop")].join("---"));
    expect(answer.status).toBe(422);
    const { problems } = answer.body as { problems: { path: string }[] };
    expect(problems.map(({ path }) => path)).toEqual(["spec.source.repoURL", "spec.destination"]);
  });

  it("a conflict is decided again on what is there then", async () => {
    const { apply, failures, record } = await apiInstance();
    await apply(CLUSTER);
    let conflicts = 0;
    failures.appendAll = (appends) => {
      conflicts += 1;
      if (conflicts > 1) return undefined;
      const [{ ref, events, meta, expected }] = appends as [(typeof appends)[number]];
      record({ ref, events, meta: { ...meta, actor: { kind: "user", name: "other" } }, expected });
      return undefined;
    };
    const answer = await apply(application("web"));
    expect(results(answer.body)).toEqual(["Application/web unchanged"]);
  });

  it("a refused append takes the new secrets back", async () => {
    const { apply, failures, secrets } = await apiInstance();
    await apply(CLUSTER);
    failures.appendAll = () => new SluiceError("LedgerConflict", "always");
    const answer = await apply(CLUSTER.replace("CANARY-cluster-token", "CANARY-other"));
    expect(answer.status).toBe(409);
    expect(secrets.get("cluster/staging")).toEqual({ token: "CANARY-cluster-token" });
  });
});

describe("secrets of applied objects", () => {
  it("go to the sealed store, and only digests to the ledger", async () => {
    const { apply, events, secrets } = await apiInstance();
    await apply([CLUSTER, REPOSITORY].join("---"));
    expect(Object.fromEntries(secrets)).toEqual({
      "cluster/staging": { token: "CANARY-cluster-token" },
      "repository/shop": { username: "bot", password: "CANARY-repository-password" },
      "webhook/shop": { secret: "CANARY-webhook-secret" },
    });
    expect(JSON.stringify(events)).not.toContain("CANARY");
  });

  it("stay when an object is applied without them, change with them, and go when they are empty", async () => {
    const { apply, secrets } = await apiInstance();
    await apply(REPOSITORY);
    const without = REPOSITORY.replace(/ {2}credentials:.*\n/, "").replace(", secret: CANARY-webhook-secret", "");
    expect(results((await apply(without)).body)).toEqual(["Repository/shop unchanged"]);
    const changed = REPOSITORY.replace("CANARY-webhook-secret", "CANARY-2");
    expect(results((await apply(changed)).body)).toEqual(["Repository/shop configured"]);
    expect(secrets.get("webhook/shop")).toEqual({ secret: "CANARY-2" });
    const emptied = REPOSITORY.replace(/credentials:.*\n/, "credentials: {}\n");
    expect(results((await apply(emptied)).body)).toEqual(["Repository/shop configured"]);
    expect(secrets.has("repository/shop")).toBe(false);
  });

  it("never follow an object to another address", async () => {
    const { apply } = await apiInstance();
    await apply(CLUSTER);
    const moved = CLUSTER.replace("staging.example", "evil.example").replace(/ {2}credentials:.*\n/, "");
    const answer = await apply(moved);
    expect(answer.status).toBe(422);
    expect(answer.body).toMatchObject({ problems: [{ path: "spec.server" }] });
  });

  it("a kubeconfig that would run a program is refused when it is applied, and not repeated", async () => {
    const { apply } = await apiInstance();
    const kubeconfig = JSON.stringify({
      "current-context": "a",
      contexts: [{ name: "a", context: { cluster: "c", user: "u" } }],
      clusters: [{ name: "c", cluster: { server: "https://staging.example:6443" } }],
      users: [{ name: "u", user: { exec: { command: "CANARY" } } }],
    });
    const answer = await apply(
      CLUSTER.replace(/credentials:.*/, `credentials: { kubeconfig: ${JSON.stringify(kubeconfig)} }`),
    );
    expect(answer.status).toBe(422);
    expect(answer.text).toContain("runs a program");
    expect(answer.text).not.toContain("CANARY");
  });
});
