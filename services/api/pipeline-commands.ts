import { randomUUID } from "node:crypto";
import type { PipelineCommand } from "../../domain/promotion/command.ts";
import { pipelineDecider } from "../../domain/promotion/decider.ts";
import type { PipelineState } from "../../domain/promotion/state.ts";
import { toSluiceError } from "../../schemas/errors.ts";
import type { PipelineEvent } from "../../schemas/events/index.ts";
import type { PipelineSpec } from "../../schemas/kinds/pipeline.ts";
import type { Actor } from "../../schemas/operation.ts";
import type { ApiPorts } from "./ports.ts";
import { notFound } from "./remove.ts";

/** What commands of operators made of a pipeline. */
export interface Recorded {
  /** [] where it was so already. */
  events: PipelineEvent[];
  /** Ledger sequence that includes it. */
  sequence: number;
}

/** A pipeline as it stands in the ledger now. */
export interface Standing {
  spec: PipelineSpec;
  state: PipelineState;
}

const ATTEMPTS = 5;

type Ports = Pick<ApiPorts, "aggregates" | "ledger">;

/** The pipeline as the ledger has it. Throws NotFound. */
export async function loadPipeline({ aggregates }: Pick<Ports, "aggregates">, pipeline: string) {
  const { state, head } = await aggregates.load(pipelineDecider, pipeline);
  if (!state.configuration) throw notFound("Pipeline", pipeline);
  return { spec: state.configuration.spec, state, head };
}

/**
 * Records commands on a pipeline, all in one append; each is decided on what the ones before it made. They are in the ledger when this
 * returns, and who follows the ledger wakes the stages. Throws what a command is refused with.
 */
export async function executeOnPipeline(
  ports: Ports,
  { pipeline, actor, at }: { pipeline: string; actor: Actor; at: string },
  commandsFor: (standing: Standing) => PipelineCommand[],
): Promise<Recorded> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      const { spec, state, head } = await loadPipeline(ports, pipeline);
      const events = decideAll(commandsFor({ spec, state }), state);
      if (events.length === 0) return { events, sequence: head.sequence };
      const cause = `api/${randomUUID()}`;
      const ref = { type: "pipeline", name: pipeline } as const;
      const meta = { at, actor, cause, messageId: cause };
      const [after] = await ports.ledger.appendAll([{ ref, expected: head, events, meta }]);
      return { events, sequence: after?.sequence ?? head.sequence };
    } catch (error) {
      if (toSluiceError(error).code !== "LedgerConflict" || attempt >= ATTEMPTS) throw error;
    }
  }
}

function decideAll(commands: readonly PipelineCommand[], before: PipelineState): PipelineEvent[] {
  let state = before;
  return commands.flatMap((command) => {
    const events = pipelineDecider.decide(command, state);
    state = events.reduce((now, event) => pipelineDecider.evolve(now, event), state);
    return events;
  });
}
