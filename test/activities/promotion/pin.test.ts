import { describe, expect, it } from "vitest";
import { createPinApplication } from "../../../activities/promotion/pin.ts";
import type { RecordMeta } from "../../../activities/applications.ts";
import { applicationDecider } from "../../../domain/application/decider.ts";
import type { ApplicationEvent } from "../../../schemas/events/index.ts";
import { ApplicationSpec } from "../../../schemas/kinds/application.ts";

const ADA = { kind: "user", name: "ada" } as const;
const PIN = { pipeline: "shop", stage: "prod", promotion: "p-1", release: "r1", targetRevision: "1".repeat(40) };

function world() {
  const spec = ApplicationSpec.parse({ source: { repoURL: "https://git.example/a" }, destination: { name: "eu" } });
  let state = applicationDecider.evolve(applicationDecider.initial, {
    type: "ApplicationCreated",
    data: { spec, labels: {}, annotations: {} },
  });
  const recorded: { event: ApplicationEvent; meta: RecordMeta }[] = [];
  const pin = createPinApplication({
    now: () => "2026-01-01T00:00:00Z",
    applications: {
      execute: async (_, command, meta) => {
        const events = applicationDecider.decide(command, state);
        state = events.reduce(applicationDecider.evolve, state);
        recorded.push(...events.map((event) => ({ event, meta })));
        return events;
      },
    },
  });
  return { pin, recorded, state: () => state };
}

describe("pinning an application", () => {
  it("is on record once, with its promotion as cause", async () => {
    const { pin, recorded, state } = world();
    const input = { target: { application: "web", pin: PIN }, promotion: "p-1", actor: ADA };
    await pin(input);
    await pin(input);
    expect(recorded).toEqual([
      {
        event: { type: "RevisionPinned", data: { pin: PIN, by: ADA } },
        meta: { at: "2026-01-01T00:00:00Z", actor: ADA, cause: "p-1", messageId: "promotion/p-1/pin/web" },
      },
    ]);
    expect(state().pin).toEqual(PIN);
  });

  it("takes a pin back where the release comes by Git, whosever it was, and says nothing where there is none", async () => {
    const { pin, recorded, state } = world();
    const byGit = { target: { application: "web" }, promotion: "p-2", actor: ADA };
    await pin(byGit);
    expect(recorded).toEqual([]);
    await pin({ target: { application: "web", pin: PIN }, promotion: "p-1", actor: ADA });
    await pin(byGit);
    expect(recorded.at(-1)).toMatchObject({
      event: { type: "RevisionUnpinned", data: { by: ADA, reason: "promotion p-2 comes by Git" } },
      meta: { messageId: "promotion/p-2/unpin/web" },
    });
    expect(state().pin).toBeUndefined();
  });
});
