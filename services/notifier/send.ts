import type { NotifyDeps } from "../../activities/notify.ts";
import type { PullRequests } from "../../activities/promotion/pull-request.ts";
import { sendMail } from "../../adapters/notifications/email.ts";
import { sendToPagerDuty } from "../../adapters/notifications/pagerduty.ts";
import { sendToSlack } from "../../adapters/notifications/slack.ts";
import { sendToTeams } from "../../adapters/notifications/teams.ts";
import { sendToWebhook } from "../../adapters/notifications/webhook.ts";
import type { Message } from "../../domain/notification/message.ts";
import type { News } from "../../domain/notification/told.ts";
import { parseRepoURL } from "../../domain/routing/repo-url.ts";
import { SluiceError } from "../../schemas/errors.ts";
import type { PromotionView, ReleaseView } from "../../schemas/promotion-views.ts";

/** What news about a promotion is told to at the Git provider. */
export interface ProviderTargets {
  /** The promotion of the news and its release; undefined for other news. */
  promotion(news: News): { view: PromotionView; release: ReleaseView | undefined } | undefined;
  /** Mail address of an account. */
  emailOf(account: string): string | undefined;
  pullRequests: Pick<PullRequests, "comment" | "commitStatus">;
}

const text = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined);

function given(value: unknown, what: string): string {
  const found = text(value);
  if (found !== undefined) return found;
  throw new SluiceError("NotificationRefused", `the notification's ${what} is not stored any more`, {
    next: "apply the notification again with it",
  });
}

/** Sends a message by the service that a notification names. */
export function createSend(targets: ProviderTargets): NotifyDeps["send"] {
  return async ({ spec: { service }, secrets, message, news, account }) => {
    const { slack, teams, email, pagerduty, webhook, commitStatus, pullRequestComment } = service;
    if (slack) {
      const { channel, apiURL } = slack;
      if (channel === undefined)
        return await sendToSlack({ webhookURL: given(secrets["webhookURL"], "webhookURL") }, message);
      return await sendToSlack({ token: given(secrets["token"], "token"), channel, apiURL }, message);
    }
    if (teams) return await sendToTeams({ webhookURL: given(secrets["webhookURL"], "webhookURL") }, message);
    if (email)
      return await sendMail(
        { ...email, to: receivers(targets, email.to, account), password: text(secrets["password"]) },
        message,
      );
    if (pagerduty) {
      return await sendToPagerDuty({ ...pagerduty, routingKey: given(secrets["routingKey"], "routingKey") }, message);
    }
    if (webhook) {
      const headers = secrets["headers"] as Record<string, string> | undefined;
      return await sendToWebhook({ url: webhook.url, secret: text(secrets["secret"]), headers }, message);
    }
    if (commitStatus) return await tellCommits(targets, { context: commitStatus.context, message, news });
    if (pullRequestComment) return await tellPullRequest(targets, { message, news });
  };
}

/** A link of a person's own goes to that person's own address. */
function receivers(
  { emailOf }: ProviderTargets,
  to: readonly string[],
  account: string | undefined,
): readonly string[] {
  if (account === undefined) return to;
  const address = emailOf(account);
  if (address !== undefined) return [address];
  throw new SluiceError("NotificationRefused", `Account ${account} has no email, so its link can't be sent`, {
    next: `give the Account ${account} an email`,
  });
}

const STATES = {
  "waiting-for-approval": "pending",
  "promotion-succeeded": "success",
  "rolled-back": "failure",
  "promotion-failed": "failure",
  "promotion-aborted": "error",
  "promotion-inconclusive": "pending",
} as const;

async function tellCommits(
  { promotion, pullRequests }: ProviderTargets,
  { context, message, news }: { context: string; message: Message; news: News },
): Promise<void> {
  const about = promotion(news);
  const state = STATES[news.trigger as keyof typeof STATES];
  if (!about?.release || state === undefined) return;
  const { view, release } = about;
  for (const { repoURL, commit } of release.content.commits) {
    await pullRequests.commitStatus({
      ...{ repoURL, commit, state, description: message.body, url: message.link ?? pageOf(repoURL) },
      context: `${context}/${view.pipeline}/${view.stage}`,
    });
  }
}

/** A status needs a page to lead to: where Sluice knows no address of its own, that of the repository. */
function pageOf(repoURL: string): string {
  const address = parseRepoURL(repoURL);
  if ("refused" in address) throw new SluiceError("NotificationRefused", `${repoURL} is no address of a repository`);
  return `https://${address.host}/${address.path}`;
}

async function tellPullRequest(
  { promotion, pullRequests }: ProviderTargets,
  { message, news }: { message: Message; news: News },
): Promise<void> {
  const view = promotion(news)?.view;
  const repoURL = view?.commit?.repoURL;
  if (!view?.pullRequest || repoURL === undefined) return;
  const body = `**${message.title}**\n\n${message.body}`;
  await pullRequests.comment({ repoURL, number: view.pullRequest.number, key: message.delivery, body });
}
