import type { ApplicationView } from "../../schemas/views.ts";
import { type Cause, type Look, readable, words } from "./cause.ts";
import { driftPolicyOf } from "../drift/policy.ts";
import { afterRefusal } from "./refusals.ts";
import { nextFor } from "./waiting.ts";

/** What an operator chose: a break-glass that is on, and revisions that a rollback left and that Git still says. */
export function chosenCauses({ name, breakGlass, excluded = [], sync, deployed }: ApplicationView): Cause[] {
  const broken = breakGlass ? [breakGlassCause(name, breakGlass)] : [];
  const newer = sync.sourceDigest !== undefined && sync.sourceDigest !== deployed?.sourceDigest;
  const standing = excluded.filter(({ sourceDigest }) => !newer || sourceDigest === sync.sourceDigest);
  return [
    ...broken,
    ...standing.map(({ revision, reason, by, at }) => ({
      reason: "RevisionExcluded",
      message: `revision ${revision.slice(0, 8)} is not deployed by itself: ${reason} (${by.name})`,
      since: at,
      who: "whoever may sync the application, or a newer commit",
      next: `sluice app release ${name}`,
    })),
  ];
}

/** The source says nothing at all: as desired, and hardly what was meant. */
export function emptyCauses({ name, last, spec }: ApplicationView): Cause[] {
  if (last?.kind !== "sync" || last.result !== "Succeeded" || last.counts === undefined) return [];
  if (Object.values(last.counts).some((count) => count > 0)) return [];
  return [
    {
      reason: "NothingRendered",
      message: `${spec.source.path} of ${spec.source.repoURL} renders no object`,
      who: "whoever configures the application's source, or writes the repository",
      next: `sluice get application ${name} -o yaml`,
    },
  ];
}

/** It runs what a promotion pinned, and does not follow its branch: as desired, and worth knowing for who has just pushed. */
export function pinnedCauses({ pinned }: ApplicationView): Cause[] {
  if (pinned?.targetRevision === undefined) return [];
  const { pipeline, stage, release, targetRevision, at } = pinned;
  return [
    {
      reason: "Pinned",
      message: `stage ${pipeline}/${stage} keeps it at ${targetRevision.slice(0, 8)} of release ${release.slice(0, 12)}; it does not follow its branch`,
      since: at,
      who: `whoever may promote in ${pipeline}/${stage}, or unpin the application`,
      next: `sluice why ${pipeline}/${stage}`,
    },
  ];
}

function breakGlassCause(name: string, glass: NonNullable<ApplicationView["breakGlass"]>): Cause {
  const { reason, people, startedAt, until, ended, refused, changes } = glass;
  const about = { reason: "BreakGlass", since: startedAt, who: people.join(", ") || glass.by.name };
  if (refused !== undefined) {
    const message = `self-heal stays suspended after the break-glass (${reason}): ${refused}`;
    return { ...about, message, next: `sluice break-glass show ${name}` };
  }
  const made = changes === 1 ? "1 change by hand" : `${changes} changes by hand`;
  const message = `self-heal is suspended by a break-glass: ${reason}; ${made} so far`;
  return { ...about, message, ...(!ended && { until }), next: `sluice break-glass end ${name}` };
}

/** What was changed in the cluster and not put back. */
export function driftCauses(
  { name, drift, spec, sync, remediation, breakGlass }: ApplicationView,
  now: string,
): Cause[] {
  const heals = driftPolicyOf(spec.syncPolicy) === "remediate" && !breakGlass;
  const flapping = remediation?.flapping;
  return drift.map((one) => {
    const { object, change, managers, since = sync.since } = one;
    const by = managers.length > 0 ? ` by ${managers.join(", ")}` : "";
    const fight = flapping?.objects.includes(object) ? flapping : undefined;
    const after = fight ? fightText(fight) : heals ? "it is being put back" : "nothing puts it back by itself";
    return {
      reason: fight ? "Flapping" : "Drifted",
      message: `${readable(object)} was ${change}${by}${fieldsText(one)}; ${after}`,
      object,
      since,
      ...(fight && fight.nextAt > now && { until: fight.nextAt }),
      who: managers.length > 0 ? `${managers.join(", ")}, or whoever may sync the application` : SYNCER,
      next: `sluice app ${heals ? "diff" : "sync"} ${name}`,
    };
  });
}

const SYNCER = "whoever may sync the application";

const fightText = ({ managers, count, windowSeconds }: Fight): string =>
  `${managers.join(" and ")} write it in turns, ${count} times in ${windowSeconds} s, so it is put back more slowly`;

type Fight = NonNullable<NonNullable<ApplicationView["remediation"]>["flapping"]>;

/** The first field, with its values: Secret values are keyed digests already. */
function fieldsText({ fields = [], more = 0 }: ApplicationView["drift"][number]): string {
  const [first] = fields;
  if (!first) return "";
  const others = fields.length - 1 + more;
  const values = `from ${first.was ?? "nothing"} to ${first.is ?? "nothing"}`;
  return ` (${first.path} ${values}${others > 0 ? `, and ${others} more fields` : ""})`;
}

/** What Git says and the cluster does not have. */
export function outOfSyncCauses({ name, sync, spec, last }: ApplicationView): Cause[] {
  if (sync.status !== "OutOfSync") return [];
  const refused = last?.result === "Succeeded" || last?.result === "Compared" ? last.noted : [];
  const automated = spec.syncPolicy.automated?.enabled === true;
  if (refused.length > 0 && (automated || last?.kind === "sync")) {
    return refused.map(({ object, reason, message }) => ({
      reason,
      message: `${readable(object)}: ${message ?? reason}`,
      object,
      since: sync.since,
      ...afterRefusal(reason, name),
    }));
  }
  const revision = sync.revision === undefined ? "" : ` at ${sync.revision.slice(0, 8)}`;
  const what = automated ? "the next sync changes it" : "it is synced by hand only";
  return [
    {
      reason: "OutOfSync",
      message: `the cluster differs from Git${revision}; ${what}`,
      since: sync.since,
      who: "whoever may sync the application",
      next: `sluice app diff ${name}`,
    },
  ];
}

/** Which objects are not well, as they are found now. */
export function healthCauses({ name, health }: ApplicationView, looks: readonly Look[]): Cause[] {
  return looks
    .filter((look) => look.health !== "Healthy")
    .map((look) => ({
      reason: look.health,
      message: `${readable(look.object)}: ${words(look)}`,
      object: look.object,
      since: health.since,
      who: "whoever can mend the object, or a newer commit",
      next: nextFor(look, name),
    }));
}
