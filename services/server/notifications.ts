import { createNotificationSteps, type NotificationSteps } from "../../activities/notify.ts";
import type { PullRequests } from "../../activities/promotion/pull-request.ts";
import { notificationDecider } from "../../domain/notification/decider.ts";
import type { News } from "../../domain/notification/told.ts";
import type { PromotionView } from "../../schemas/promotion-views.ts";
import { linkPath } from "../api/approval-links.ts";
import { createSend } from "../notifier/send.ts";
import type { Core } from "./core.ts";

/** What deliveries are wired from. */
export interface NotificationParts {
  core: Pick<Core, "store" | "aggregates" | "credentials" | "keyring">;
  pullRequests: Pick<PullRequests, "comment" | "commitStatus">;
  /** Address of this server as people reach it, without a slash behind. */
  externalURL?: string | undefined;
}

/** How long a link that is sent may be used. */
const LINK_LIFE_MS = 24 * 3_600_000;
const ACTOR = { kind: "system", name: "notifier" } as const;

/** The activities of deliveries. */
export function notificationSteps({
  core: { store, aggregates, credentials, keyring },
  pullRequests,
  externalURL,
}: NotificationParts): NotificationSteps {
  const promotion = ({ facts }: News): PromotionView | undefined =>
    facts["promotion"] === undefined
      ? undefined
      : store.get("promotions", `${facts["pipeline"]}/${facts["promotion"]}`);
  const now = (): string => new Date().toISOString();
  return createNotificationSteps({
    load: async (name) => (await aggregates.load(notificationDecider, name)).state.configuration?.spec,
    secrets: (name) => credentials.get<Record<string, unknown>>("notification", name),
    send: createSend({
      pullRequests,
      emailOf: (account) => store.get("accounts", account)?.spec.email,
      promotion(news) {
        const view = promotion(news);
        const source = view && store.get("pipelines", view.pipeline)?.spec.releaseSource;
        return view && { view, release: store.get("releases", `${source}/${view.release}`) };
      },
    }),
    linkTo: ({ facts }) =>
      externalURL === undefined || facts["promotion"] === undefined
        ? undefined
        : `${externalURL}/api/v1/pipelines/${facts["pipeline"]}/promotions/${facts["promotion"]}`,
    async approvalLink(news, person) {
      const view = promotion(news);
      const gate = news.facts["gate"];
      const account = store.get("accounts", person);
      if (externalURL === undefined || !view || gate === undefined || !account || account.spec.disabled)
        return undefined;
      const expiresAt = new Date(Date.now() + LINK_LIFE_MS).toISOString();
      return `${externalURL}${linkPath(keyring, { promotion: view, gate, person, expiresAt })}`;
    },
    record: async (name, command, messageId) => {
      const meta = { at: now(), actor: ACTOR, cause: messageId, messageId };
      await aggregates.execute(notificationDecider, name, command, meta);
    },
    now,
  });
}
