/** Why an operation may not begin yet. */
export type HoldReason =
  | "SyncWindowClosed"
  | "DependencyNotReady"
  | "BreakGlass"
  | "RevisionExcluded"
  | "SelfHealBackOff"
  | "SourceUnavailable"
  | "ClusterUnavailable";

/** What holds an operation back, for people and for the workflow that waits. */
export interface Hold {
  reason: HoldReason;
  /** In a sentence: what it waits for, and who can change it. */
  message: string;
  /** RFC 3339: when it is looked at again at the latest; absent when only a signal can release it. */
  until?: string;
}
