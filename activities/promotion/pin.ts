import type { Applications } from "../applications.ts";
import { promotionMessageId } from "../../schemas/ids.ts";
import type { PinApplication } from "./moving.ts";

export interface PinDeps {
  applications: Pick<Applications, "execute">;
  /** RFC 3339. */
  now(): string;
}

/** Pins applications by an event of theirs, and takes pins back where a release comes by Git. */
export function createPinApplication({ applications, now }: PinDeps): PinApplication {
  return async ({ target: { application, pin }, promotion, actor }) => {
    const command = pin
      ? ({ type: "PinRevision", pin, by: actor } as const)
      : ({ type: "UnpinRevision", by: actor, reason: `promotion ${promotion} comes by Git` } as const);
    await applications.execute(application, command, {
      at: now(),
      actor,
      cause: promotion,
      messageId: promotionMessageId(promotion, pin ? "pin" : "unpin", application),
    });
  };
}
