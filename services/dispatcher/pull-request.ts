import type { Logger } from "pino";
import { toSluiceError } from "../../schemas/errors.ts";
import { parsePromotionBranch } from "../../schemas/ids.ts";
import type { PullRequestChanged } from "../../schemas/messages.ts";
import type { IntakeDelivery, ViewsPort } from "./ports.ts";
import { backoff } from "./push.ts";

/** Wakes the workflow of a stage. */
export interface StagesPort {
  changed(pipeline: string, stage: string): Promise<unknown>;
}

/**
 * Wakes the stage that a pull request is of, once for all that has come. The branch says which, and anybody who may open pull requests
 * can choose that name: it is only a reason to look, and only where there is such a stage.
 */
export async function wakeStage(
  { views, promotions, log }: { views: Pick<ViewsPort, "get">; promotions?: StagesPort; log: Logger },
  items: readonly IntakeDelivery<PullRequestChanged>[],
): Promise<void> {
  const named = items[0] && parsePromotionBranch(items[0].message.branch);
  const stages = named && views.get("pipelines", named.pipeline)?.stages;
  try {
    if (named && stages?.some(({ name }) => name === named.stage))
      await promotions?.changed(named.pipeline, named.stage);
    await Promise.all(items.map((item) => item.ack()));
  } catch (thrown) {
    log.warn(
      { err: toSluiceError(thrown), ...named },
      "a stage could not be told of its pull request, it is tried again",
    );
    for (const item of items) item.nak(backoff(item.deliveries));
  }
}
