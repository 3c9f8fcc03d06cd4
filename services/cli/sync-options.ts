import type { SyncRequest } from "../../schemas/api/sync-request.ts";
import { nearest } from "../../schemas/api/nearest.ts";
import { parseLabelSelector } from "../../schemas/label-selector.ts";
import { parseResourceSelector } from "../../schemas/resource-selector.ts";
import { parseSyncOption, SYNC_OPTIONS } from "../../schemas/sync-options.ts";
import { repeated, type SluiceCommand } from "./command.ts";
import { usage } from "./context.ts";

/** What `sluice app sync` takes beside names: how one sync differs from the policy. */
export interface SyncFlags {
  revision?: string;
  prune?: boolean;
  dryRun?: boolean;
  force?: boolean;
  replace?: boolean;
  syncOption?: string[];
  resource?: string[];
  label?: string[];
  confirm?: boolean;
  overrideWindow?: boolean;
  reason?: string;
  retryLimit?: string;
  retryBackoffDuration?: string;
  retryBackoffFactor?: string;
  retryBackoffMaxDuration?: string;
  retryRefresh?: boolean;
}

/** Adds the flags of one sync to a command, by Argo CD's names where it has them. */
export function addSyncFlags(command: SluiceCommand): SluiceCommand {
  return command
    .option("--revision <revision>", "another revision than the application's own, for this once")
    .option("--prune", "delete what is gone from Git, whatever the policy says")
    .option("--no-prune", "delete nothing, whatever the policy says")
    .option("--dry-run", "ask the API server what would happen to each object, and change nothing")
    .addOption(
      repeated(
        "--resource <selector>",
        "only objects of GROUP:KIND:[NAMESPACE/]NAME; globs, ! excludes; may be repeated",
      ),
    )
    .addOption(repeated("--label <selector>", "only objects with these labels, as KEY=VALUE or kubectl's -l"))
    .addOption(repeated("--sync-option <option>", "a sync option as NAME=VALUE, for this once; may be repeated"))
    .option("--force", "as --sync-option Force=true")
    .option("--replace", "as --sync-option Replace=true")
    .option("--confirm", "confirm guarded prunes beforehand")
    .option("--override-window", "go on in a closed sync window, where a role allows it; needs --reason")
    .option("--reason <text>", "why the window is overridden; it stands in the ledger")
    .option("--retry-limit <count>", "attempts after the first; -1 for no limit")
    .option("--retry-backoff-duration <duration>", "pause before the first retry")
    .option("--retry-backoff-factor <factor>", "how much longer each pause is")
    .option("--retry-backoff-max-duration <duration>", "longest pause")
    .option("--retry-refresh", "take the newest revision at each retry") as SluiceCommand;
}

/** The request that the flags ask for. Throws Usage for what is none. */
export function syncRequestOf(flags: SyncFlags): SyncRequest {
  const { revision, prune, dryRun, force, replace, confirm } = flags;
  const labels = labelsOf(flags);
  const retry = retryOf(flags);
  const reason = reasonOf(flags);
  return {
    ...(revision !== undefined && { revision }),
    ...(prune !== undefined && { prune }),
    ...(dryRun && { dryRun }),
    ...(force && { force }),
    ...(replace && { replace }),
    ...(confirm && { confirm }),
    ...(flags.syncOption && { syncOptions: flags.syncOption.map(checkedOption) }),
    ...(flags.resource && { resources: flags.resource.map(resourceOf) }),
    ...(labels !== undefined && { labels }),
    ...(reason !== undefined && { overrideWindow: { reason } }),
    ...(Object.keys(retry).length > 0 && { retry }),
  };
}

function checkedOption(text: string): string {
  if (parseSyncOption(text)) return text;
  const name = text.split("=")[0]!.trim();
  const values = Object.hasOwn(SYNC_OPTIONS, name) ? SYNC_OPTIONS[name as keyof typeof SYNC_OPTIONS] : undefined;
  if (values) throw usage(`${text} is not a value of the sync option ${name}`, `It takes ${values.join(", ")}.`);
  const meant = nearest(name, Object.keys(SYNC_OPTIONS));
  const next = meant ? `Did you mean ${meant}?` : `Known are ${Object.keys(SYNC_OPTIONS).join(", ")}.`;
  throw usage(`There is no sync option ${name}`, next);
}

function resourceOf(text: string): NonNullable<SyncRequest["resources"]>[number] {
  const found = parseResourceSelector(text);
  if (found) return found;
  throw usage(
    `${text} names no object`,
    "Write it as GROUP:KIND:NAME or GROUP:KIND:NAMESPACE/NAME, such as apps:Deployment:web or :Service:shop/web.",
  );
}

/** Several selectors have all to hold, as one with commas. */
function labelsOf({ label }: SyncFlags): string | undefined {
  if (!label) return undefined;
  const joined = label.join(",");
  if (parseLabelSelector(joined)) return joined;
  throw usage(`${joined} is no label selector`, "Write it as tier=web, 'env in (prod,staging)' or '!canary'.");
}

function reasonOf({ overrideWindow, reason }: SyncFlags): string | undefined {
  if (overrideWindow && !reason?.trim()) {
    throw usage("--override-window needs a --reason", "Say why; it stands in the ledger.");
  }
  if (reason !== undefined && !overrideWindow) {
    throw usage("--reason is for --override-window", "Give both, or none.");
  }
  return overrideWindow ? reason : undefined;
}

function retryOf(flags: SyncFlags): NonNullable<SyncRequest["retry"]> {
  const { retryLimit, retryBackoffDuration: duration, retryBackoffMaxDuration: maxDuration, retryRefresh } = flags;
  const factor = flags.retryBackoffFactor === undefined ? undefined : numberOf(flags.retryBackoffFactor);
  const backoff = {
    ...(duration !== undefined && { duration }),
    ...(factor !== undefined && { factor }),
    ...(maxDuration !== undefined && { maxDuration }),
  };
  return {
    ...(retryLimit !== undefined && { limit: numberOf(retryLimit) }),
    ...(Object.keys(backoff).length > 0 && { backoff }),
    ...(retryRefresh && { refresh: true }),
  };
}

function numberOf(text: string): number {
  const value = Number(text);
  if (text.trim() !== "" && Number.isFinite(value)) return value;
  throw usage(`${text} is not a number`, "Write it as 5.");
}
