import type { DomainEvent } from "../../schemas/events/index.ts";
import type { NotificationTrigger } from "../../schemas/kinds/notification.ts";
import type { Views } from "../../schemas/views.ts";

/** Something that people may want to be told of: facts for the text, and what it is selected by. */
export interface News {
  trigger: NotificationTrigger | "test";
  severity: "info" | "warning" | "error";
  /** Who it is about: `pipeline/stage/promotion`, `source/release`, an application's name. */
  subject: string;
  /** News of the same key belong together: an incident that opens and ends. */
  key: string;
  /** It ends what an earlier one of the same key told of. */
  resolves?: true;
  project?: string;
  /** Pipelines that it concerns, where it is about none in particular. */
  pipelines?: string[];
  /** It concerns everybody, whatever a notification selects by name. */
  everybody?: true;
  /** Placeholders of the text by name, `message` always among them. */
  facts: Record<string, string>;
  /** Ledger sequence and index of the event. */
  sequence: number;
  index: number;
  /** RFC 3339. */
  at: string;
}

/** News without where it stands in the ledger. */
export type Told = Omit<News, "sequence" | "index" | "at">;

/** What news reads of the views, which include the event. */
export interface NewsReads {
  get<View extends "applications" | "pipelines" | "promotions" | "releases">(
    view: View,
    key: string,
  ): Views[View] | undefined;
  /** Names of the pipelines that a release source feeds. */
  pipelinesOf(source: string): string[];
}

/** What the events of an aggregate tell, by their type; an event that is not there tells nothing. */
export type Tellers<Event extends DomainEvent> = {
  [Type in Event["type"]]?: (data: Extract<Event, { type: Type }>["data"], name: string, reads: NewsReads) => Told[];
};

/** What an event tells by a table of its aggregate. */
export function tell<Event extends DomainEvent>(
  tellers: Tellers<Event>,
  event: Event,
  name: string,
  reads: NewsReads,
): Told[] {
  const teller = tellers[event.type as Event["type"]] as
    | ((data: unknown, name: string, reads: NewsReads) => Told[])
    | undefined;
  return teller?.(event.data, name, reads) ?? [];
}
