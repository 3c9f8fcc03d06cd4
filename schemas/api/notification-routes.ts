import { z } from "zod";
import { MISSING, named } from "./route-parts.ts";

/** Routes of notifications beside their configuration. */
export const notificationRoutes = {
  testNotification: {
    ...named,
    method: "POST",
    path: "/notifications/:name/test",
    summary: "Send a message to see whether it arrives; an event says what became of it",
    tag: "promotion",
    status: 202,
    answer: z.object({ notification: z.string(), delivery: z.string() }).meta({ id: "NotificationTest" }),
    errors: [...MISSING, "Unavailable"],
  },
} as const;
