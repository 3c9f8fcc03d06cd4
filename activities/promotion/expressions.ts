import type { ExpressionOutcome } from "../../domain/gate/evaluate.ts";
import type { ExpressionInput } from "./evaluate.ts";

export interface ExpressionDeps {
  /** A CEL expression over variables given as JSON; never rejects. */
  evaluate(expression: string, variables: string): Promise<ExpressionOutcome>;
}

/** What the expressions of gates give over the release, the stage, the difference, the time and what asked for it. */
export function createExpressions(deps: ExpressionDeps) {
  return async (input: ExpressionInput): Promise<ReadonlyMap<string, ExpressionOutcome>> => {
    const variables = JSON.stringify(variablesOf(input));
    const outcomes = new Map<string, ExpressionOutcome>();
    for (const { name, expression } of input.gates) {
      if (expression) outcomes.set(name, await deps.evaluate(expression.cel, variables));
    }
    return outcomes;
  };
}

/** Before it is rendered, a difference is not there at all: what is asked of it can't be told, and the gate waits. */
export function variablesOf({ pipeline, stage, state, promotion, release, now }: ExpressionInput) {
  const { name, production } = stage;
  const current = state.stages[name]?.current;
  const { content, commits, createdAt, alias } = release;
  return {
    now,
    release: {
      ...{ id: release.release, alias, createdAt, origin: release.origin },
      ...{ commits: content.commits, images: content.images, charts: content.charts },
      carried: commits.map(({ commit, subject, author, at, tickets }) => ({ commit, subject, author, at, tickets })),
      authors: [...new Set(commits.map(({ author }) => author.email))],
      tickets: [...new Set(commits.flatMap(({ tickets }) => tickets))],
    },
    stage: {
      ...{ pipeline, name, production: production ?? false, mode: stage.promotion.mode },
      ...(current && { current: { release: current.release, since: current.at } }),
    },
    ...(promotion.difference && { diff: promotion.difference.counts }),
    trigger: {
      type: promotion.trigger.type,
      by: promotion.trigger.actor.name,
      requestedAt: promotion.requestedAt,
    },
  };
}
