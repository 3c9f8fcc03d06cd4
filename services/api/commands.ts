import { beingDeleted } from "../../domain/application/deleting.ts";
import { denyUndepended } from "../../domain/dependency/graph.ts";
import type { Accepted } from "../../schemas/api/bodies.ts";
import { SluiceError } from "../../schemas/errors.ts";
import type { ApplicationView } from "../../schemas/views.ts";
import { createAsking, operationId } from "./ask.ts";
import type { Handlers } from "./call.ts";
import { checkLocal } from "./local-files.ts";
import type { ApiPorts } from "./ports.ts";
import { removeConfiguration } from "./remove.ts";
import { checkOverride } from "./windows.ts";

type CommandRoutes = "sync" | "refresh" | "terminate" | "confirm" | "deleteApplication";

/** Routes that ask for an operation: the command is on disk in the intake when they answer. */
export function commandHandlers(ports: ApiPorts, now: () => Date): Required<Pick<Handlers, CommandRoutes>> {
  const { ledger } = ports;
  const { ask, existing } = createAsking(ports, now);

  return {
    sync: async ({ params, body, actor, idempotencyKey }) => {
      const view = await existing(params.name);
      checkNotDeleted(ports, view);
      await checkLocal(ports, view, body);
      const operation = operationId("sync", params.name, idempotencyKey, now());
      const { revision, prune, ...options } = body;
      checkOverride(ports, view, { options, actor, at: now() });
      const more = {
        ...(revision !== undefined && { revision }),
        ...(prune !== undefined && { prune }),
        ...(Object.keys(options).length > 0 && { options }),
      };
      return ask({ command: "sync", application: params.name, ...more }, { operation, messageId: operation, actor });
    },
    refresh: async ({ params, actor, idempotencyKey }) => {
      await existing(params.name);
      const operation = operationId("refresh", params.name, idempotencyKey, now());
      return ask({ command: "refresh", application: params.name }, { operation, messageId: operation, actor });
    },
    terminate: async ({ params, body, actor, idempotencyKey }) => {
      await ports.projector.reached(await ledger.last());
      const { running: current } = await existing(params.name);
      const operation = body.operation ?? current ?? "*";
      const messageId = operationId("terminate", params.name, idempotencyKey, now());
      return ask({ command: "terminate", application: params.name }, { operation, messageId, actor });
    },
    confirm: async ({ params: { name }, body, actor, idempotencyKey }) => {
      await ports.projector.reached(await ledger.last());
      const { confirmation } = await existing(name);
      // A yes is to what was shown, so never to whatever runs.
      const operation = body.operation ?? confirmation?.operation;
      if (confirmation === undefined || operation !== confirmation.operation) throw nothingToConfirm(name, operation);
      const messageId = operationId("confirm", name, idempotencyKey, now());
      return ask({ command: "confirm", application: name }, { operation, messageId, actor });
    },
    deleteApplication: async ({ params: { name }, query, actor, idempotencyKey }) => {
      // What it owns decides how it is deleted: the views must have everything.
      await ports.projector.reached(await ledger.last());
      const view = await existing(name);
      if (!query.force) checkUndepended(ports, name);
      // Without anything in a cluster there is nothing to delete there: the configuration goes at once.
      if (query.cascade === false || (view.inventory === undefined && view.running === undefined)) {
        if (view.running !== undefined) throw running(name, view.running);
        const sequence = await removeConfiguration(ports, {
          kind: "Application",
          name,
          actor,
          at: now().toISOString(),
        });
        return { application: name, operation: "none", sequence } satisfies Accepted;
      }
      checkConfirmed(view, query);
      if (!query.force) checkNothingLeft(view);
      const operation = operationId("delete", name, idempotencyKey, now());
      const { orphan, confirm, propagation } = query;
      const options = {
        ...(orphan && { orphan }),
        ...(confirm && { confirm }),
        ...(propagation && { syncOptions: [`PrunePropagationPolicy=${propagation}`] }),
      };
      const more = Object.keys(options).length > 0 ? { options } : {};
      return ask({ command: "delete", application: name, ...more }, { operation, messageId: operation, actor });
    },
  };
}

/** What is asked for behind a deletion would find nothing there any more. */
function checkNotDeleted({ views }: ApiPorts, { name, running: operation }: ApplicationView): void {
  if (operation === undefined) return;
  if (views.get("operations", `${name}/${operation}`)?.kind === "delete") throw beingDeleted(operation, name);
}

/** An application whose own sync options guard its deletion is deleted only with a yes. */
function checkConfirmed(
  { name, spec }: ApplicationView,
  { confirm, orphan }: { confirm?: boolean | undefined; orphan?: boolean | undefined },
): void {
  const guarded = spec.syncPolicy.syncOptions.findLast((option) => option.startsWith("Delete="));
  if (confirm || orphan || guarded !== "Delete=confirm") return;
  throw new SluiceError("Conflict", `Application ${name} has the sync option Delete=confirm, and nobody confirmed`, {
    next: `Delete it with --yes, or leave its objects with: sluice app delete ${name} --orphan`,
  });
}

/** Who forgets an application forgets what it left elsewhere too. */
function checkNothingLeft({ name, left = [] }: ApplicationView): void {
  if (left.length === 0) return;
  const clusters = left.map(({ cluster }) => cluster).join(", ");
  throw new SluiceError("Conflict", `Application ${name} has left objects on ${clusters}, which would be forgotten`, {
    next: `Point it back there and sync to have them pruned, delete them by hand as \`sluice app get ${name}\` says, or delete with --force.`,
  });
}

/** Throws Conflict with the names of those that wait for an application. */
function checkUndepended({ views }: Pick<ApiPorts, "views">, name: string): void {
  const applications = new Map(views.list("applications").map(({ value }) => [value.name, value.spec]));
  const denied = denyUndepended(name, applications);
  if (denied) throw new SluiceError("Conflict", denied.message, { next: denied.next });
}

function nothingToConfirm(name: string, operation: string | undefined): SluiceError {
  const what = operation === undefined ? "Nothing" : `Operation ${operation}`;
  const waits = operation === undefined ? "waits" : "does not wait";
  return new SluiceError("Conflict", `${what} of Application ${name} ${waits} for a confirmation`, {
    next: `See what it does with: sluice app get ${name}`,
  });
}

const running = (name: string, operation: string): SluiceError =>
  new SluiceError("Conflict", `Operation ${operation} of Application ${name} is running`, {
    next: `Wait for it, or end it with: sluice app terminate ${name}`,
  });
