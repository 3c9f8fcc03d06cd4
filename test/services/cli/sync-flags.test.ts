import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { ApplicationCommand } from "../../../schemas/messages.ts";
import { application, CLUSTER } from "../api/instance.ts";
import { cliWithServer } from "./cli.ts";

/** The flags of `app sync` on their way to the intake, and what is said of those that mean nothing. */

let at: Awaited<ReturnType<typeof cliWithServer>>;
let asked: ApplicationCommand[];
beforeEach(async () => {
  at = await cliWithServer();
  await at.apply([CLUSTER, application("web")].join("---"));
  asked = [];
  at.ports.intake.publish = async (message) => {
    asked.push(message as ApplicationCommand);
    return { sequence: 1, duplicate: false };
  };
});
afterEach(() => at.close());

const sync = (...flags: string[]) => at.sluice(["app", "sync", "web", "--async", ...flags]);

describe("app sync", () => {
  it("asks for nothing beside the policy unless told", async () => {
    expect((await sync()).code).toBe(0);
    expect(asked[0]).not.toHaveProperty("options");
  });

  it("carries every flag to the command", async () => {
    const { code } = await sync(
      ...["--dry-run", "--force", "--replace", "--confirm", "--prune", "--revision", "v1"],
      ...["--resource", "apps:Deployment:web", "--resource", "!:Service:shop/*"],
      ...["--label", "tier=web", "--label", "env in (a,b)"],
      ...["--sync-option", "Validate=false", "--retry-limit", "3", "--retry-backoff-duration", "2s", "--retry-refresh"],
      ...["--override-window", "--reason", "it burns"],
    );
    expect(code).toBe(0);
    expect(asked[0]).toMatchObject({ command: "sync", revision: "v1", prune: true });
    expect(asked[0]?.options).toEqual({
      ...{ dryRun: true, force: true, replace: true, confirm: true },
      resources: [
        { group: "apps", kind: "Deployment", name: "web" },
        { group: "", kind: "Service", namespace: "shop", exclude: true },
      ],
      labels: "tier=web,env in (a,b)",
      syncOptions: ["Validate=false"],
      overrideWindow: { reason: "it burns" },
      retry: { limit: 3, backoff: { duration: "2s" }, refresh: true },
    });
  });

  it.each<[string[], string]>([
    [["--resource", "Deployment/web"], "GROUP:KIND:NAME"],
    [["--label", "tier in web"], "is no label selector"],
    [["--sync-option", "Valdate=false"], "Did you mean Validate?"],
    [["--sync-option", "Prune=maybe"], "It takes true, false, confirm"],
    [["--override-window"], "needs a --reason"],
    [["--reason", "because"], "is for --override-window"],
    [["--retry-limit", "many"], "many is not a number"],
  ])("%j asks for nothing and says why", async (flags, why) => {
    const { code, err } = await sync(...flags);
    expect(code).toBe(2);
    expect(err).toContain(why);
    expect(asked).toEqual([]);
  });
});

describe("what the API takes", () => {
  const post = (body: object) => at.call("POST", "/applications/web/sync", body);

  it.each<[object, string]>([
    [{ labels: "a in b" }, "labels"],
    [{ syncOptions: ["Valdate=false"] }, "did you mean Validate?"],
    [{ resources: [] }, "resources"],
    [{ overrideWindow: { reason: " " } }, "overrideWindow.reason"],
    [{ resources: [{ kind: "ConfigMap", nmae: "x" }] }, "nmae"],
  ])("is not %j", async (body, why) => {
    const answer = await post(body);
    expect(answer.status).toBe(422);
    expect(answer.text).toContain(why);
  });
});

const project = (windows: string, more = "") => `
apiVersion: sluice.dev/v1
kind: Project
metadata: { name: default }
spec:
  sourceRepos: ["*"]
  destinations: [{ name: "*", namespace: "*" }]
  ${more}
  syncWindows: ${windows}
`;
// Open all year.
const ALWAYS = '{ kind: deny, schedule: "0 0 1 1 *", duration: 8784h, applications: ["*"], description: frozen }';

describe("proj windows", () => {
  it("lists them with where they stand, and the sentence for none", async () => {
    expect((await at.sluice("proj windows default")).err).toContain("has no sync windows");
    expect((await at.apply(project(`[${ALWAYS}]`))).status).toBe(200);
    const { out } = await at.sluice("proj windows default -o wide");
    expect(out).toMatch(/deny +Open +0 0 1 1 \* +8784h +UTC +stays open +applications \* +held +- +frozen/);
    expect(JSON.parse((await at.sluice("project windows default -o json")).out)).toMatchObject({
      items: [{ state: "Open", kind: "deny" }],
    });
    expect((await at.sluice("proj windows nowhere")).code).toBe(4);
  });

  it("who may not override one is told at once", async () => {
    await at.apply(project(`[${ALWAYS}]`));
    const { code, err } = await sync("--override-window", "--reason", "because");
    expect(code).toBe(6);
    expect(err).toContain("admin may not override the sync window");
    expect(asked).toEqual([]);
  });

  it("nonsense is refused with its line", async () => {
    const nonsense = project('[\n    { kind: deny, schedule: "0 25 * * *", duration: 1h, applications: ["*"] }]');
    const { status, body } = await at.apply(nonsense);
    expect(status).toBe(422);
    expect((body as { problems: object[] }).problems).toMatchObject([
      {
        path: "spec.syncWindows[0].schedule",
        line: 10,
        message: expect.stringContaining("hour 25 is not within 0 to 23"),
      },
    ]);
  });
});

describe("dependencies that are applied", () => {
  const on = (...names: string[]) => `dependsOn: [${names.map((name) => `{ application: ${name} }`).join(", ")}]`;
  const problems = async (...documents: string[]) => {
    const { status, body } = await at.apply(documents.join("---"));
    return {
      status,
      messages: ((body as { problems?: { message: string }[] }).problems ?? []).map(({ message }) => message),
    };
  };

  it("may lead to what comes with the same files, in any order", async () => {
    expect((await problems(application("a", on("b")), application("b"))).status).toBe(200);
  });

  it("may not form a circle, neither in the files nor with what is there", async () => {
    expect((await problems(application("a", on("b")), application("b", on("a")))).messages).toEqual([
      "the dependencies form a cycle: a -> b -> a",
      "the dependencies form a cycle: b -> a -> b",
    ]);
    await problems(application("a", on("web")));
    expect((await problems(application("web", on("a")))).messages).toEqual([
      "the dependencies form a cycle: web -> a -> web",
    ]);
    expect((await problems(application("a", on("a")))).messages).toEqual(["a depends on itself"]);
    expect((await problems(application("a", on("webb")))).messages).toEqual(["there is no Application webb"]);
  });

  it("keep an application from being deleted without them", async () => {
    await problems(application("a", on("web")));
    const refused = await at.sluice("delete app web --no-cascade");
    expect(refused.code).toBe(5);
    expect(refused.err).toContain("a depends on");
    expect((await at.sluice("delete app web a --no-cascade")).code).toBe(0);
    await at.apply([application("web"), application("a", on("web"))].join("---"));
    expect((await at.sluice("delete app web --no-cascade --force")).code).toBe(0);
  });
});
