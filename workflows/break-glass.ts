import { condition, defineSignal, proxyActivities, setHandler } from "@temporalio/workflow";
import type { BreakGlassSteps } from "../activities/break-glass-steps.ts";
import { BREAK_GLASS_WORKFLOW } from "../schemas/ids.ts";

/** The key of an application. */
export interface BreakGlassInput {
  application: string;
}

/** It carries no state: whoever hears it reads for himself. */
const changedSignal = defineSignal(BREAK_GLASS_WORKFLOW.changed);

/** Nothing is given up while the ledger, Git or the cluster is away. */
const steps = proxyActivities<BreakGlassSteps>({
  startToCloseTimeout: "5m",
  retry: { initialInterval: "1s", backoffCoefficient: 2, maximumInterval: "1m" },
});

/**
 * The break-glass of an application: waits for its end, which it brings about itself when its time is over, and sees to what was
 * changed meanwhile. What is on, and until when, is read from the ledger each time.
 */
export async function breakGlass({ application }: BreakGlassInput): Promise<void> {
  let changed = false;
  setHandler(changedSignal, () => {
    changed = true;
  });
  for (;;) {
    changed = false;
    const seen = await steps.followBreakGlass({ application });
    switch (seen.status) {
      case "on":
        await condition(() => changed, Math.max(seen.leftMs, 1));
        break;
      case "over":
        await steps.resolveBreakGlass({ application, id: seen.id });
        break;
      case "undecided":
        await condition(() => changed);
        break;
      case "none":
        if (!changed) return;
    }
  }
}
