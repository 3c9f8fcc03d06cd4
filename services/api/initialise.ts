import { randomUUID } from "node:crypto";
import { projectDecider } from "../../domain/configuration/project.ts";
import { DEFAULT_PROJECT, DEFAULT_PROJECT_SPEC, systemDecider } from "../../domain/configuration/system.ts";
import { toSluiceError } from "../../schemas/errors.ts";
import type { Actor } from "../../schemas/operation.ts";
import type { ApiPorts } from "./ports.ts";

const SYSTEM: Actor = { kind: "system", name: "sluice" };
const SYSTEM_AGGREGATE = "sluice";

/**
 * Writes the first facts of an empty ledger, once, whichever process comes first: the installation's id and the project `default`.
 * Harmless on every later start: a default project that was narrowed stays narrowed.
 */
export async function initialiseLedger(
  { aggregates, ledger }: Pick<ApiPorts, "aggregates" | "ledger">,
  { version, now }: { version: string; now: Date },
): Promise<void> {
  const system = await aggregates.load(systemDecider, SYSTEM_AGGREGATE);
  const events = systemDecider.decide({ type: "Initialise", version, installation: randomUUID() }, system.state);
  if (events.length === 0) return;
  const project = await aggregates.load(projectDecider, DEFAULT_PROJECT);
  const spec = DEFAULT_PROJECT_SPEC;
  const created = project.state.configuration
    ? []
    : projectDecider.decide({ type: "Configure", spec, labels: {}, annotations: {} }, project.state);
  const meta = (what: string) => ({
    at: now.toISOString(),
    actor: SYSTEM,
    cause: "initialise",
    messageId: `initialise/${what}`,
  });
  try {
    await ledger.appendAll([
      { ref: { type: "system", name: SYSTEM_AGGREGATE }, expected: system.head, events, meta: meta("system") },
      ...(created.length > 0
        ? [
            {
              ref: { type: "project" as const, name: DEFAULT_PROJECT },
              expected: project.head,
              events: created,
              meta: meta("project"),
            },
          ]
        : []),
    ]);
  } catch (error) {
    // Another process was first: it wrote the same facts.
    if (toSluiceError(error).code !== "LedgerConflict") throw error;
  }
}
