import type { Logger } from "pino";
import { applicationDecider } from "../../domain/application/decider.ts";
import { toSluiceError } from "../../schemas/errors.ts";
import type { ApplicationCommand, ClusterChanged } from "../../schemas/messages.ts";
import { dispatchClusterChange, type ClusterChangeDeps } from "./cluster-change.ts";
import { dispatchCommand, type CommandDeps } from "./command.ts";
import type { DispatchMeters } from "./meters.ts";
import type { IntakeDelivery } from "./ports.ts";
import { backoff } from "./push.ts";

type Change = IntakeDelivery<ClusterChanged>;
type Command = IntakeDelivery<ApplicationCommand>;

export interface ApplicationQueueDeps extends ClusterChangeDeps, CommandDeps {
  operations: ClusterChangeDeps["operations"] & CommandDeps["operations"];
  requests: ClusterChangeDeps["requests"];
  meters: DispatchMeters;
  log: Logger;
}

/** Works off what has come for one application: its commands in order, and of the cluster's changes only the newest. */
export function createApplicationQueue(
  deps: ApplicationQueueDeps,
): (items: readonly (Change | Command)[]) => Promise<void> {
  // An older report that comes again after a newer one was handled says nothing any more.
  const handled = new Map<string, number>();
  /** Reports whose remediation had to wait: by then it may be in order again. */
  const deferred = new Set<number>();

  const change = async (delivery: Change): Promise<number> => {
    const { message, sequence } = delivery;
    const key = `${message.cluster}/${message.application}`;
    const again = deferred.delete(sequence);
    if ((handled.get(key) ?? 0) > sequence) return 0;
    handled.set(key, sequence);
    if (again && (await isCalm(deps, message))) return 0;
    const wait = await dispatchClusterChange(deps, delivery);
    if (wait > 0) deferred.add(sequence);
    return wait;
  };

  return async (items) => {
    const changes = items.filter((item): item is Change => item.message.type === "cluster.changed");
    const last = new Map(changes.map((item) => [item.message.cluster, item]));
    for (const item of items) {
      if (isCommand(item)) {
        await settle(deps, item, () => dispatchCommand(deps, item).then(() => 0));
      } else {
        const isNewest = last.get(item.message.cluster) === item;
        await settle(deps, item, () => (isNewest ? change(item) : Promise.resolve(0)));
      }
    }
  };
}

async function isCalm({ aggregates }: ApplicationQueueDeps, { application }: ClusterChanged): Promise<boolean> {
  const { state } = await aggregates.load(applicationDecider, application);
  return state.drift.length === 0;
}

const isCommand = (item: Change | Command): item is Command => item.message.type === "application.command";

async function settle(
  { meters, log }: Pick<ApplicationQueueDeps, "meters" | "log">,
  item: Change | Command,
  work: () => Promise<number>,
): Promise<void> {
  const end = meters.duration.startTimer({ type: item.message.type === "cluster.changed" ? "cluster" : "command" });
  try {
    const again = await work();
    if (again > 0) item.nak(again);
    else await item.ack();
    end({ result: again > 0 ? "deferred" : "ok" });
  } catch (thrown) {
    const error = toSluiceError(thrown);
    const { application } = item.message;
    log.warn({ err: error, application, type: item.message.type }, "not dispatched, it is tried again");
    item.nak(backoff(item.deliveries));
    end({ result: error.code });
  }
}
