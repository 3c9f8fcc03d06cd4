import type { Message } from "../../domain/notification/message.ts";
import { accepted, post } from "./post.ts";

const COLORS = { info: "Good", warning: "Warning", error: "Attention" } as const;

/** A message as an Adaptive Card, in the envelope that Teams' Workflows webhook takes. */
export function teamsPayload({ title, body, link, severity, facts }: Message): object {
  const approval = facts["approvalLink"];
  const actions = [
    ...(approval === undefined ? [] : [{ type: "Action.OpenUrl", title: "Approve or reject", url: approval }]),
    ...(link === undefined ? [] : [{ type: "Action.OpenUrl", title: "Details", url: link }]),
  ];
  return {
    type: "message",
    attachments: [
      {
        contentType: "application/vnd.microsoft.card.adaptive",
        contentUrl: null,
        content: {
          $schema: "http://adaptivecards.io/schemas/adaptive-card.json",
          type: "AdaptiveCard",
          version: "1.4",
          body: [
            {
              type: "TextBlock",
              size: "Medium",
              weight: "Bolder",
              wrap: true,
              color: COLORS[severity],
              text: plain(title),
            },
            { type: "TextBlock", wrap: true, text: plain(body) },
          ],
          ...(actions.length > 0 && { actions }),
        },
      },
    ],
  };
}

/** Text blocks take a little Markdown: what would be a link or a picture of somebody else's is taken apart. */
const plain = (text: string): string => text.replaceAll(/[[\]*_`]/g, (mark) => `\\${mark}`);

/** Sends by a Workflows webhook. Throws as `accepted` does. */
export async function sendToTeams({ webhookURL }: { webhookURL: string }, message: Message): Promise<void> {
  const body = JSON.stringify(teamsPayload(message));
  accepted(await post({ to: "Microsoft Teams", url: webhookURL, body }), "Microsoft Teams");
}
