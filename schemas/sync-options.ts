/**
 * Every sync option by Argo CD's name, with the values it takes; Adopt is ours. No dependency, so that domain code may
 * import it.
 */
export const SYNC_OPTIONS = {
  Adopt: ["true", "false"],
  ApplyOutOfSyncOnly: ["true", "false"],
  ClientSideApplyMigration: ["true", "false"],
  CreateNamespace: ["true", "false"],
  Delete: ["true", "false", "confirm"],
  FailOnSharedResource: ["true", "false"],
  Force: ["true", "false"],
  Prune: ["true", "false", "confirm"],
  PruneLast: ["true", "false"],
  PrunePropagationPolicy: ["foreground", "background", "orphan"],
  Replace: ["true", "false"],
  RespectIgnoreDifferences: ["true", "false"],
  ServerSideApply: ["true", "false"],
  SkipDryRunOnMissingResource: ["true", "false"],
  Validate: ["true", "false"],
} as const;

/** Name of a sync option. */
export type SyncOptionName = keyof typeof SYNC_OPTIONS;

/** One sync option as it is written, `Name=value`, taken apart; undefined when it is not one of the table. */
export function parseSyncOption(text: string): { name: SyncOptionName; value: string } | undefined {
  const at = text.indexOf("=");
  const name = (at < 0 ? text : text.slice(0, at)).trim();
  const value = at < 0 ? "" : text.slice(at + 1).trim();
  if (!Object.hasOwn(SYNC_OPTIONS, name)) return undefined;
  const option = name as SyncOptionName;
  return (SYNC_OPTIONS[option] as readonly string[]).includes(value) ? { name: option, value } : undefined;
}
