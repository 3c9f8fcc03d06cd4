/** Who can do something about an object that a sync left alone, and the next command; by the reason of the refusal. */
export function afterRefusal(reason: string, application: string): { who: string; next: string } {
  const sync = `sluice app sync ${application}`;
  switch (reason) {
    case "ManagedByOther":
      return {
        who: "whoever runs the other tool, then whoever may sync the application",
        next: `${sync} --sync-option Adopt=true`,
      };
    case "NotAdopted":
      return { who: SYNCER, next: `${sync} --sync-option Adopt=true` };
    case "OwnedByOther":
      return { who: "whoever configures one of the two applications", next: `sluice app diff ${application}` };
    case "PruneDisabled":
      return { who: SYNCER, next: `${sync} --prune` };
    case "Protected":
      return { who: "whoever may delete it in the cluster", next: `sluice app diff ${application}` };
    default:
      return { who: SYNCER, next: `sluice app diff ${application}` };
  }
}

const SYNCER = "whoever may sync the application";
