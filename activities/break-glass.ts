import { deployedInstead } from "../domain/drift/remediation.ts";
import type { ApplicationState } from "../domain/application/state.ts";
import type { BreakGlass } from "../domain/break-glass/state.ts";
import { toSluiceError } from "../schemas/errors.ts";
import type { ApplicationEvent } from "../schemas/events/index.ts";
import type { Actor, OperationRequest } from "../schemas/operation.ts";
import type { Applications } from "./applications.ts";
import type { BreakGlassSteps } from "./break-glass-steps.ts";

export interface BreakGlassDeps {
  applications: Applications;
  operations: {
    request(application: string, request: OperationRequest): Promise<void>;
    released(application: string): Promise<unknown>;
  };
  /** Commits what differs from what was deployed to a branch. Throws what makes it impossible; undefined when nothing differs. */
  commitDifference(request: {
    application: string;
    state: ApplicationState;
    breakGlass: BreakGlass & { branch: string };
  }): Promise<{ branch: string; commit: string } | undefined>;
  /** RFC 3339. */
  now(): string;
}

const SYSTEM: Actor = { kind: "system", name: "sluice" };

type Resolution = Omit<Extract<ApplicationEvent, { type: "BreakGlassResolved" }>["data"], "id">;

/** The steps of a break-glass. */
export function createBreakGlassSteps(deps: BreakGlassDeps): BreakGlassSteps {
  return {
    async followBreakGlass({ application }) {
      const { breakGlass } = await deps.applications.load(application);
      if (!breakGlass) return { status: "none" };
      const { id, ended, until, refused } = breakGlass;
      if (ended) return refused === undefined ? { status: "over", id } : { status: "undecided" };
      const at = deps.now();
      const leftMs = Date.parse(until) - Date.parse(at);
      if (leftMs > 0) return { status: "on", leftMs };
      await deps.applications.execute(
        application,
        { type: "ExpireBreakGlass", id, at, by: SYSTEM },
        { at, actor: SYSTEM, cause: `break-glass/${id}`, messageId: `break-glass/${id}/expired/${until}` },
      );
      return { status: "over", id };
    },

    async resolveBreakGlass({ application, id }) {
      const state = await deps.applications.load(application);
      const { breakGlass } = state;
      if (breakGlass?.id === id && breakGlass.ended) {
        const resolution = await resolve(deps, application, { state, breakGlass });
        const at = deps.now();
        await deps.applications.execute(
          application,
          { type: "ResolveBreakGlass", id, ...resolution },
          { at, actor: breakGlass.by, cause: `break-glass/${id}`, messageId: `break-glass/${id}/resolved/${at}` },
        );
      }
      // What waited for the end may go on; told again after a crash, it only looks again.
      await deps.operations.released(application);
    },
  };
}

async function resolve(
  deps: BreakGlassDeps,
  application: string,
  { state, breakGlass }: { state: ApplicationState; breakGlass: BreakGlass },
): Promise<Resolution> {
  if (state.inventory === undefined) return { how: "Unchanged" };
  const { branch } = breakGlass;
  if (breakGlass.then === "PutBack" || branch === undefined)
    return await putBack(deps, application, { state, breakGlass });
  try {
    const committed = await deps.commitDifference({ application, state, breakGlass: { ...breakGlass, branch } });
    return committed ? { how: "Committed", ...committed } : { how: "Unchanged" };
  } catch (thrown) {
    const error = toSluiceError(thrown);
    if (error.retryable || error.code === "Internal") throw error;
    return { how: "Refused", message: error.next === undefined ? error.message : `${error.message}; ${error.next}` };
  }
}

/** Asked for before it is recorded: a crash between the two asks again, under the same id. */
async function putBack(
  deps: BreakGlassDeps,
  application: string,
  { state, breakGlass }: { state: ApplicationState; breakGlass: BreakGlass },
): Promise<Resolution> {
  const operation = `break-glass-${breakGlass.id}`;
  const target = deployedInstead(state);
  await deps.operations.request(application, {
    operation,
    kind: "sync",
    trigger: { type: "breakGlass", actor: breakGlass.by, cause: `break-glass/${breakGlass.id}` },
    ...(target !== undefined && { target }),
    requestedAt: deps.now(),
  });
  return { how: "PutBack", operation };
}
