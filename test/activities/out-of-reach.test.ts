import { expect, test } from "vitest";
import { tellingWhy } from "../../activities/out-of-reach.ts";
import type { StepContext } from "../../activities/steps.ts";
import { applicationDecider } from "../../domain/application/decider.ts";
import type { ApplicationState, RunningOperation } from "../../domain/application/state.ts";
import type { ApplicationEvent } from "../../schemas/events/index.ts";
import { type ErrorCode, SluiceError } from "../../schemas/errors.ts";
import type { OperationRequest } from "../../schemas/operation.ts";
import { configuration } from "../domain/application/examples.ts";

const request: OperationRequest = {
  operation: "op-1",
  kind: "sync",
  trigger: { type: "manual", actor: { kind: "user", name: "ada" }, cause: "test" },
  requestedAt: "2026-01-01T00:00:00.000Z",
};

function world() {
  const { decide, evolve, initial } = applicationDecider;
  const events: ApplicationEvent[] = decide({ type: "CreateApplication", ...configuration() }, initial);
  const now = (): string => "2026-01-01T00:00:02.000Z";
  let ledger: "up" | "down" = "up";
  const deps = {
    now,
    recorded: () => undefined,
    applications: {
      execute: async (_: string, command: Parameters<typeof decide>[0]) => {
        if (ledger === "down") throw new SluiceError("Unavailable", "the ledger is away");
        const decided = decide(command, events.reduce(evolve, initial));
        events.push(...decided);
        return decided;
      },
    },
  };
  const fail = async (code: ErrorCode, attempt: number, more: Partial<ApplicationState> = {}): Promise<unknown> => {
    const context: StepContext = {
      ...{ signal: new AbortController().signal, heartbeat: () => undefined, progress: undefined, attempt },
    };
    const state = { ...events.reduce(evolve, initial), ...more };
    const asked = { application: "guestbook", request, state, context };
    return await tellingWhy(deps, asked, async () => {
      throw new SluiceError(code, "no such host: git.exampel");
    }).catch((error: unknown) => error);
  };
  const held = () => events.flatMap(({ type, data }) => (type === "OperationHeld" ? [data] : []));
  return { fail, held, lose: () => (ledger = "down") };
}

test.each(["SourceUnavailable", "ClusterUnavailable"] as const)(
  "%s is recorded once from the second attempt on, and thrown each time",
  async (code) => {
    const { fail, held } = world();
    expect(await fail(code, 1)).toMatchObject({ code });
    expect(held()).toEqual([]);
    expect(await fail(code, 2)).toMatchObject({ code });
    expect(await fail(code, 3)).toMatchObject({ code });
    expect(held()).toMatchObject([{ operation: "op-1", reason: code, message: "no such host: git.exampel" }]);
  },
);

test("neither a failure for good is recorded as that, nor one of an operation that has begun", async () => {
  const { fail, held } = world();
  await fail("RenderFailed", 2);
  await fail("SourceUnavailable", 2, { running: { operation: "op-1" } as unknown as RunningOperation });
  expect(held()).toEqual([]);
});

test("the failure itself is thrown even where it can't be recorded", async () => {
  const { fail, lose } = world();
  lose();
  expect(await fail("SourceUnavailable", 2)).toMatchObject({ code: "SourceUnavailable" });
});
