import { randomUUID } from "node:crypto";
import type { createDiscover, Discovery } from "../../activities/release/discover.ts";
import type { ReleaseOrigin } from "../../domain/release/command.ts";
import { releaseId } from "../../domain/release/content.ts";
import { releaseSourceDecider } from "../../domain/release/decider.ts";
import { SluiceError } from "../../schemas/errors.ts";
import type { Actor } from "../../schemas/operation.ts";
import type { ReleaseContent } from "../../schemas/promotion.ts";
import type { AggregatesPort, LedgerPort, ViewsPort } from "./ports.ts";

export interface LookDeps {
  aggregates: AggregatesPort;
  ledger: Pick<LedgerPort, "last">;
  views: Pick<ViewsPort, "get" | "reached">;
  discover: ReturnType<typeof createDiscover>;
  /** Milliseconds since 1970. */
  now(): number;
}

/** Who looks, and why. */
export interface LookReason {
  origin: ReleaseOrigin;
  by: Actor;
  cause: string;
  /** What is wanted of some subscriptions in place of the newest. */
  chosen?: Readonly<Record<string, string>> | undefined;
}

/** What a look at a source came to. */
export interface Look {
  /** The release that the newest content is; absent when it was not all found, or is not made by itself. */
  release?: { release: string; alias: string; created: boolean };
  failures: Discovery["failures"];
  /** Ledger sequence that has it. */
  sequence: number;
}

/** Looks at a source's subscriptions and records what was found. Throws NotFound for a source that is not there. */
export function createLook(deps: LookDeps): (source: string, reason: LookReason) => Promise<Look> {
  const execute = async (
    source: string,
    command: Parameters<typeof releaseSourceDecider.decide>[0],
    { by, cause, messageId }: Pick<LookReason, "by" | "cause"> & { messageId: string },
  ) => {
    const at = new Date(deps.now()).toISOString();
    return await deps.aggregates.execute(releaseSourceDecider, source, command, { at, actor: by, cause, messageId });
  };

  return async (source, reason) => {
    const { origin, by, chosen } = reason;
    const { state } = await deps.aggregates.load(releaseSourceDecider, source);
    if (!state.configuration) {
      throw new SluiceError("NotFound", `There is no ReleaseSource ${source}`, {
        next: "List them with: sluice get releasesources",
      });
    }
    const { spec } = state.configuration;
    const newest = state.releases.at(-1)?.release;
    const before = newest === undefined ? undefined : await contentOf(deps, source, newest);
    const { found, looked, failures } = await deps.discover({ spec, before, chosen });
    // What somebody chose says nothing of whether the newest can be read.
    if (chosen === undefined) {
      const told = Object.fromEntries(
        Object.entries(failures).map(([name, { code, message }]) => [name, { code, message }] as const),
      );
      const messageId = `releasesource/${source}/discovery/${randomUUID()}`;
      await execute(source, { type: "RecordDiscovery", looked, failures: told }, { ...reason, messageId });
    }
    if (!found || (spec.creation === "Manual" && origin !== "manual")) {
      return { failures, sequence: await deps.ledger.last() };
    }
    const id = releaseId(found.content);
    const { state: after, events } = await execute(
      source,
      { type: "CreateRelease", ...found, origin, by, at: new Date(deps.now()).toISOString() },
      { ...reason, messageId: `releasesource/${source}/release/${id}/${reason.cause}` },
    );
    const made = after.releases.find(({ release }) => release === id);
    return {
      ...(made && { release: { release: id, alias: made.alias, created: events.length > 0 } }),
      failures,
      sequence: await deps.ledger.last(),
    };
  };
}

async function contentOf(
  { views, ledger }: LookDeps,
  source: string,
  release: string,
): Promise<ReleaseContent | undefined> {
  const key = `${source}/${release}`;
  // What is not in the views may only be not in them yet.
  if (!views.get("releases", key)) await views.reached(await ledger.last());
  return views.get("releases", key)?.content;
}
