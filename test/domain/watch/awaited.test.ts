import { describe, expect, test } from "vitest";
import { isAwaited, nothingTurned, withGone, withSeen } from "../../../domain/watch/awaited.ts";
import type { Observed, Sight } from "../../../domain/watch/compare.ts";

const object = (health: Observed["health"], more: Partial<Observed> = {}): Observed => ({
  application: "web",
  health,
  fieldSet: undefined,
  fields: undefined,
  ...more,
});
const seen = (observed: Observed): Sight => ({ kind: "seen", uid: "1", resourceVersion: "1", observed });
const absent: Sight = { kind: "absent" };
const turnedTo = (observed: Observed, before?: Observed) =>
  withSeen(nothingTurned, { observed, before, version: "1@2" });

describe("a running operation is told", () => {
  test("when the wave of which something turned is settled, although later waves are not made yet", () => {
    const done = object("Healthy");
    const turned = turnedTo(done, object("Progressing"));
    expect(isAwaited(turned, [seen(done), absent])).toBe(true);
    expect(isAwaited(turned, [seen(done), seen(object("Progressing"))])).toBe(false);
    expect(isAwaited(turned, [seen(done), seen(object("Progressing", { wave: 1 }))])).toBe(true);
    expect(isAwaited(turned, [seen(done), seen(object("Degraded"))])).toBe(true);
  });

  test("not of a wave in which nothing turned", () => {
    const late = object("Progressing", { wave: 1 });
    const turned = turnedTo(late, object("Healthy", { wave: 1 }));
    expect(isAwaited(turned, [seen(object("Healthy")), seen(late)])).toBe(false);
  });

  test("not when nothing turned at all, nor of what is well from the beginning", () => {
    expect(isAwaited(nothingTurned, [seen(object("Healthy"))])).toBe(false);
    expect(turnedTo(object("Healthy"))).toBe(nothingTurned);
    expect(turnedTo(object("Progressing"), object("Progressing"))).toBe(nothingTurned);
  });

  test("when a hook came to its end, whatever the application's own objects are", () => {
    const hook = { hook: true } as const;
    const own = [seen(object("Progressing"))];
    expect(isAwaited(turnedTo(object("Healthy", hook), object("Progressing", hook)), own)).toBe(true);
    expect(isAwaited(turnedTo(object("Degraded", hook), object("Progressing", hook)), own)).toBe(true);
    // Seen for the first time it may have ended a moment ago.
    expect(isAwaited(turnedTo(object("Healthy", hook)), own)).toBe(true);
    expect(isAwaited(turnedTo(object("Progressing", hook), object("Healthy", hook)), own)).toBe(false);
  });

  test("when an object went", () => {
    const turned = withGone(nothingTurned, "1@2 gone");
    expect(isAwaited(turned, [seen(object("Progressing"))])).toBe(true);
    expect(turned.ended).toEqual(["1@2 gone"]);
  });
});
