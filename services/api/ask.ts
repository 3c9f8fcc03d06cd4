import { createHash, randomBytes } from "node:crypto";
import type { Accepted } from "../../schemas/api/bodies.ts";
import type { ApplicationCommand } from "../../schemas/messages.ts";
import type { Actor } from "../../schemas/operation.ts";
import type { ApplicationView } from "../../schemas/views.ts";
import type { ApiPorts } from "./ports.ts";
import { notFound } from "./remove.ts";

/** Id of an operation to be: it sorts by time; the same idempotency key on the same application gives the same one. */
export function operationId(command: string, application: string, key: string | undefined, at: Date): string {
  if (key !== undefined) {
    return `${command}-${createHash("sha256").update(`${command}/${application}/${key}`).digest("hex").slice(0, 24)}`;
  }
  return `${command}-${at.getTime().toString(36)}-${randomBytes(6).toString("hex")}`;
}

/** What is asked of an application: everything of a command but who asks and when. */
export type Asked = Omit<ApplicationCommand, "type" | "operation" | "actor" | "requestedAt">;

/** How a command gets to whoever carries it out. */
export interface Asking {
  /** The command is on disk in the intake when this returns. */
  ask(command: Asked, as: { operation: string; messageId: string; actor: Actor }): Promise<Accepted>;
  /** The application as it is known, also when it was applied a moment ago. Throws NotFound. */
  existing(name: string): Promise<ApplicationView>;
}

export function createAsking({ views, intake, ledger, projector }: ApiPorts, now: () => Date): Asking {
  return {
    async ask(command, { operation, messageId, actor }) {
      const sequence = await ledger.last();
      await intake.publish(
        { type: "application.command", ...command, operation, actor, requestedAt: now().toISOString() },
        messageId,
      );
      return { application: command.application, operation, sequence };
    },
    async existing(name) {
      const known = views.get("applications", name);
      if (known) return known;
      await projector.reached(await ledger.last());
      const view = views.get("applications", name);
      if (!view) throw notFound("Application", name);
      return view;
    },
  };
}
