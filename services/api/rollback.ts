import { applicationDecider } from "../../domain/application/decider.ts";
import { versionMeant } from "../../domain/rollback/target.ts";
import type { RollbackAccepted } from "../../schemas/api/rollback-routes.ts";
import { SluiceError } from "../../schemas/errors.ts";
import { createAsking, operationId } from "./ask.ts";
import { checkBranch } from "./branch.ts";
import type { Handlers } from "./call.ts";
import type { ApiPorts } from "./ports.ts";

/** Routes that go back to an earlier version, and forward again. */
export function rollbackHandlers(ports: ApiPorts, now: () => Date): Required<Pick<Handlers, "rollback" | "release">> {
  const { ask, existing } = createAsking(ports, now);
  const load = async (name: string) => {
    await existing(name);
    return (await ports.aggregates.load(applicationDecider, name)).state;
  };
  return {
    rollback: async ({ params: { name }, body, actor, idempotencyKey }) => {
      checkBranch(body.revert?.branch);
      const state = await load(name);
      const artifactOf = (id: string): string | undefined => ports.views.get("operations", `${name}/${id}`)?.artifact;
      const version = versionMeant(state, body.operation, artifactOf);
      const operation = operationId("rollback", name, idempotencyKey, now());
      const command = {
        ...({ command: "rollback", application: name, target: version.operation } as const),
        ...(body.prune !== undefined && { prune: body.prune }),
        ...(body.revert && { options: { revert: body.revert } }),
      };
      const accepted = await ask(command, { operation, messageId: operation, actor });
      return { ...accepted, target: version.operation, revision: version.revision } satisfies RollbackAccepted;
    },
    release: async ({ params: { name }, body, actor, idempotencyKey }) => {
      const { excluded = [] } = await load(name);
      const meant = excluded.filter(({ revision }) => revision.startsWith(body.revision ?? ""));
      const [only] = meant;
      if (!only)
        throw notExcluded(
          name,
          body.revision,
          excluded.map(({ revision }) => revision),
        );
      const operation = operationId("release", name, idempotencyKey, now());
      const command = { command: "release", application: name } as const;
      const revision = body.revision === undefined ? {} : { revision: only.revision };
      return ask({ ...command, ...revision }, { operation, messageId: operation, actor });
    },
  };
}

function notExcluded(name: string, revision: string | undefined, excluded: readonly string[]): SluiceError {
  const what = revision === undefined ? "no revision" : `revision ${revision} not`;
  const message = `Application ${name} has ${what} excluded, so there is nothing to release`;
  const next =
    excluded.length === 0 ? "Sync it instead." : `Excluded is ${excluded.map((one) => one.slice(0, 12)).join(", ")}.`;
  return new SluiceError("Conflict", message, { next });
}
