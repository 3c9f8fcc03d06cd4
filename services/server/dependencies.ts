import type { AdmitRequest } from "../../activities/admit.ts";
import { createDependencies, type DependencyDeps } from "../../activities/dependencies.ts";
import { repositoryOf } from "../../domain/configuration/references.ts";
import type { Hold } from "../../domain/hold/hold.ts";
import { repositoryDecider } from "../../domain/repository/decider.ts";
import { newestRequests } from "../../domain/repository/state.ts";
import { addressOf } from "../../domain/routing/address.ts";
import { adhocName } from "../../domain/routing/repositories.ts";
import type { ApplicationView } from "../../schemas/views.ts";
import type { Core } from "./core.ts";

/** A push's operation that is nowhere to be seen after this long is taken for lost. */
const LOST_AFTER_MS = 60 * 60 * 1_000;

/** What an application depends on that is not there yet, by the ledger as it is now and by live objects. */
export function dependenciesOf(
  core: Core,
  deps: Omit<DependencyDeps, "upstream">,
): (asked: AdmitRequest) => Promise<Hold | undefined> {
  return createDependencies({ ...deps, upstream: (name) => upstream(core, name) });
}

async function upstream(core: Core, name: string): Promise<{ view: ApplicationView | undefined; asked?: string }> {
  await core.projector.reached(await core.ledger.last());
  const view = core.store.get("applications", name);
  const asked = view && (await askedByPush(core, view));
  return { view, ...(asked !== undefined && { asked }) };
}

/**
 * The operation that the newest push asked for, while it has not ended. A push's dispatch stands in the ledger before any of its
 * operations begins, so nobody who is started by the same commit takes an application for done that has not begun.
 */
async function askedByPush({ store, aggregates }: Core, { name, spec }: ApplicationView): Promise<string | undefined> {
  const { repoURL } = spec.source;
  const repositories = new Map(store.list("repositories").map(({ value }) => [value.name, value.spec]));
  const repository = repositoryOf(repoURL, repositories) ?? adhocName(addressOf(repoURL) ?? repoURL);
  const { state } = await aggregates.load(repositoryDecider, repository);
  const requested = newestRequests(state).get(name);
  if (!requested) return undefined;
  const begun = store.get("operations", `${name}/${requested.operation}`);
  if (begun !== undefined && begun.result !== "Running") return undefined;
  const age = Date.now() - Date.parse(requested.receivedAt ?? "");
  return begun !== undefined || age <= LOST_AFTER_MS ? requested.operation : undefined;
}
