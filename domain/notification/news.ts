import type { RecordedEvent, ReleaseSourceEvent, SystemEvent } from "../../schemas/events/index.ts";
import type { ApplicationEvent, DomainEvent, PipelineEvent } from "../../schemas/events/index.ts";
import { APPLICATION_NEWS } from "./application-news.ts";
import { PROMOTION_NEWS } from "./promotion-news.ts";
import { type News, type NewsReads, tell, type Tellers, type Told } from "./told.ts";

const RELEASE_NEWS: Tellers<ReleaseSourceEvent> = {
  ReleaseCreated: ({ release, alias }, source, reads) => {
    const subject = `${source}/${release}`;
    const facts = { source, release, alias, message: `release ${alias} of ${source} was found` };
    const pipelines = reads.pipelinesOf(source);
    return [{ trigger: "release-created", severity: "info", subject, key: subject, facts, pipelines }];
  },
};

const line = { trigger: "line-stopped", subject: "line", key: "line", everybody: true } as const;

const SYSTEM_NEWS: Tellers<SystemEvent> = {
  LineStopped: ({ by, reason }) => [
    { ...line, severity: "warning", facts: { by: by.name, message: `the line was stopped by ${by.name}: ${reason}` } },
  ],
  LineResumed: ({ by }) => [
    { ...line, severity: "info", resolves: true, facts: { by: by.name, message: `the line goes on, says ${by.name}` } },
  ],
};

const NEWS: Readonly<Record<string, Tellers<DomainEvent>>> = {
  application: APPLICATION_NEWS satisfies Tellers<ApplicationEvent> as Tellers<DomainEvent>,
  pipeline: PROMOTION_NEWS satisfies Tellers<PipelineEvent> as Tellers<DomainEvent>,
  releasesource: RELEASE_NEWS as Tellers<DomainEvent>,
  system: SYSTEM_NEWS as Tellers<DomainEvent>,
};

/** What an event tells people, if anything; the views include the event. */
export function newsOf({ aggregate, event, sequence, index, at }: RecordedEvent, reads: NewsReads): News[] {
  const tellers = NEWS[aggregate.type];
  const told: Told[] = tellers ? tell(tellers, event, aggregate.name, reads) : [];
  return told.map((one) => ({ ...one, sequence, index, at }));
}
