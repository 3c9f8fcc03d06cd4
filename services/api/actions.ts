import { checkParameters, definitionOf, warningsFor } from "../../domain/action/actions.ts";
import type { ActionAccepted } from "../../schemas/api/rollback-routes.ts";
import type { Inventory, InventoryEntry } from "../../schemas/artifact.ts";
import { SluiceError } from "../../schemas/errors.ts";
import { objectKey, type ObjectKey } from "../../schemas/ids.ts";
import type { ApplicationView } from "../../schemas/views.ts";
import { createAsking, operationId } from "./ask.ts";
import type { Handlers } from "./call.ts";
import type { ApiPorts } from "./ports.ts";

type Selected = { [Field in keyof ObjectKey]?: string | undefined };

/** Routes about actions on the objects of an application. */
export function actionHandlers(
  ports: ApiPorts,
  now: () => Date,
): Required<Pick<Handlers, "listActions" | "runAction">> {
  const { ask, existing } = createAsking(ports, now);
  const owned = async (view: ApplicationView, selected: Selected): Promise<InventoryEntry[]> => {
    if (view.inventory === undefined) return [];
    const { entries } = await ports.blobs.getJson<Inventory>(view.inventory);
    return entries.filter(({ key }) => matches(key, selected));
  };
  return {
    listActions: async ({ params, query }) => {
      const view = await existing(params.name);
      return { items: await ports.actions(view.cluster ?? "", await owned(view, query)) };
    },
    runAction: async ({ params: { name }, body, actor, idempotencyKey }) => {
      const { action, parameters, ...selected } = body;
      const view = await existing(name);
      const { key, fieldSet } = onlyOne(name, selected, await owned(view, selected));
      // What can't ever be done is said now, what can't be done at this moment by the event.
      const definition = definitionOf(key, action);
      checkParameters(definition, parameters);
      definition.change({ apiVersion: "", kind: key.kind, metadata: { name: key.name } }, SAMPLE(parameters));
      const operation = operationId("action", name, idempotencyKey, now());
      const accepted = await ask(
        { command: "act", application: name, action: { name: action, object: key, parameters } },
        { operation, messageId: operation, actor },
      );
      const { automated } = view.spec.syncPolicy;
      const selfHeal = automated?.enabled === true && automated.selfHeal;
      const warnings = warningsFor(key, action, { fieldSet, selfHeal });
      return { ...accepted, object: objectKey(key), warnings } satisfies ActionAccepted;
    },
  };
}

const SAMPLE = (parameters: Record<string, string>) => ({ id: "", requestedAt: "", parameters });

const matches = (key: ObjectKey, selected: Selected): boolean =>
  (["group", "kind", "namespace", "name"] as const).every(
    (field) => selected[field] === undefined || selected[field] === key[field],
  );

function onlyOne(application: string, selected: Selected, found: InventoryEntry[]): InventoryEntry {
  const [only, ...others] = found;
  const what = `${selected.kind} ${selected.name}`;
  if (!only) {
    throw new SluiceError("NotFound", `Application ${application} owns no ${what}`, {
      next: `List what it owns with: sluice app resources ${application}`,
    });
  }
  if (others.length === 0) return only;
  throw new SluiceError("InvalidInput", `Application ${application} owns ${found.length} objects ${what}`, {
    next: `Say which, by namespace or group: ${found.map(({ key }) => objectKey(key)).join(", ")}`,
  });
}
