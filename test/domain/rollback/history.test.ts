import { describe, expect, test } from "vitest";
import { deployedBy, versionBefore } from "../../../domain/rollback/history.ts";
import { versionMeant } from "../../../domain/rollback/target.ts";
import { SluiceError } from "../../../schemas/errors.ts";
import { configuration, end, start, success } from "../application/examples.ts";
import { begin, deploy, fail, goBack, played, seeHealth, version } from "./played.ts";

const nowhere = (): undefined => undefined;

describe("the history", () => {
  test("has an entry for each change, with all operations that deployed the same, and when it was last", () => {
    const app = played();
    deploy(app, "a");
    app.run(start("heal-1", version("a")));
    app.run(end("heal-1", success("inventory-a")));
    deploy(app, "b");
    expect(app.state().history).toEqual([
      {
        operation: "sync-a",
        ...version("a"),
        also: ["heal-1"],
        cluster: "prod",
        health: "Healthy",
        rolledBack: false,
        at: "2026-01-01T00:00:01.000Z",
      },
      {
        operation: "sync-b",
        ...version("b"),
        also: [],
        cluster: "prod",
        health: "Healthy",
        rolledBack: false,
        at: "2026-01-01T00:00:01.000Z",
      },
    ]);
    expect(deployedBy(app.state(), "heal-1")).toMatchObject({ operation: "sync-a" });
  });

  test("is as long as the application keeps it, and the one deployed", () => {
    const app = played();
    const { spec, ...about } = configuration();
    app.run({ type: "UpdateApplication", spec: { ...spec, revisionHistoryLimit: 2 }, ...about });
    for (const letter of ["a", "b", "c", "d"]) deploy(app, letter);
    expect(app.state().history?.map(({ operation }) => operation)).toEqual(["sync-b", "sync-c", "sync-d"]);
  });

  test("knows the health of what is in the cluster, and of nothing that only was tried", () => {
    const app = played();
    deploy(app, "a");
    seeHealth(app, "Degraded", 60);
    expect(app.state().history?.at(-1)?.health).toBe("Degraded");
    seeHealth(app, "Healthy", 61);
    app.run(begin("b"));
    app.run(fail("b"));
    seeHealth(app, "Degraded", 120);
    expect(app.state().history?.at(-1)).toMatchObject({ operation: "sync-a", health: "Healthy" });
  });

  test("is gone with the application", () => {
    const app = played();
    deploy(app, "a");
    app.run({ type: "DeleteApplication", cascade: false });
    for (const member of ["history", "excluded", "applied"]) expect(app.state()).not.toHaveProperty(member);
  });
});

describe("the version before", () => {
  test("is the one before the deployed, further back each time, and never an excluded one", () => {
    const app = played();
    for (const letter of ["a", "b", "c"]) deploy(app, letter);
    expect(versionBefore(app.state())?.operation).toBe("sync-b");
    goBack(app, "b");
    expect(versionBefore(app.state())?.operation).toBe("sync-a");
    goBack(app, "a");
    expect(versionBefore(app.state())).toBeUndefined();
  });

  test("goes on back where an earlier rollback was followed by something newer, and not forward again", () => {
    const app = played();
    for (const letter of ["z", "a", "b"]) deploy(app, letter);
    goBack(app, "a");
    deploy(app, "c");
    expect(versionBefore(app.state())?.revision).toBe("revision-a");
    goBack(app, "a", "rollback-again");
    expect(versionBefore(app.state())?.revision).toBe("revision-z");
    goBack(app, "z");
    expect(versionBefore(app.state())).toBeUndefined();
  });

  test("of what is deployed for its own sake is the one before, whatever was there earlier", () => {
    const app = played();
    for (const letter of ["a", "b"]) deploy(app, letter);
    app.run(start("sync-a2", version("a")));
    app.run(end("sync-a2", success("inventory-a")));
    expect(versionBefore(app.state())?.revision).toBe("revision-b");
  });

  test("is named by the operation that has its revision", () => {
    const app = played();
    deploy(app, "a");
    const again = { ...version("a"), revision: "revision-a2" };
    app.run(start("sync-a2", again));
    app.run(end("sync-a2", success("inventory-a")));
    deploy(app, "b");
    expect(versionMeant(app.state(), undefined, nowhere)).toMatchObject({
      operation: "sync-a2",
      revision: "revision-a2",
    });
    expect(versionMeant(app.state(), "sync-a", nowhere).artifact).toBe("artifact-a");
    expect(() => versionMeant(app.state(), "no", nowhere)).toThrow(SluiceError);
  });

  test("of a failed sync is the deployed one", () => {
    const app = played();
    deploy(app, "a");
    app.run(begin("b"));
    app.run(fail("b"));
    expect(versionBefore(app.state())?.operation).toBe("sync-a");
  });

  test("is a healthy one where that is asked for, and of the same cluster", () => {
    const app = played();
    deploy(app, "a");
    deploy(app, "b");
    seeHealth(app, "Missing", 60);
    deploy(app, "c");
    expect(versionBefore(app.state(), { healthy: true })?.operation).toBe("sync-a");
    deploy(app, "d", { cluster: "staging" });
    expect(versionBefore(app.state())).toBeUndefined();
  });
});

describe("the version that an operator means", () => {
  const app = played();
  for (const letter of ["a", "b"]) deploy(app, letter);
  const old = (operation: string) => (operation === "long-ago" ? "artifact-a" : undefined);

  test.each([
    [undefined, "sync-a"],
    ["sync-b", "sync-b"],
    ["long-ago", "sync-a"],
  ])("%s is %s", (asked, operation) => {
    expect(versionMeant(app.state(), asked, old).operation).toBe(operation);
  });

  test("may be a revision or how it begins", () => {
    const other = played();
    deploy(other, "a", { revision: "deadbeef0123456789" });
    deploy(other, "b");
    expect(versionMeant(other.state(), "deadbeef", nowhere).operation).toBe("sync-a");
    expect(() => versionMeant(other.state(), "dead", nowhere)).toThrow(SluiceError);
  });

  test("that is not there is refused with those there are, and one of another cluster too", () => {
    expect(() => versionMeant(app.state(), "nothing", nowhere)).toThrow(/nothing/);
    expect(() => versionMeant(played().state(), undefined, nowhere)).toThrow(/no earlier version/);
    const moved = played();
    deploy(moved, "a");
    deploy(moved, "b", { cluster: "staging" });
    expect(() => versionMeant(moved.state(), "sync-a", nowhere)).toThrow(/cluster prod, not to staging/);
  });
});
