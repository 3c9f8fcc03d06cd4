import { createTransport } from "nodemailer";
import type { Message } from "../../domain/notification/message.ts";
import { SluiceError } from "../../schemas/errors.ts";
import { shown } from "./post.ts";

export interface EmailTarget {
  host: string;
  port: number;
  username?: string | undefined;
  password?: string | undefined;
  from: string;
  to: readonly string[];
  insecure: boolean;
}

/** Port of SMTP over TLS from the first byte; any other begins in the clear and goes over to TLS. */
const SMTPS = 465;
const LIMIT_MS = 15_000;

const oneLine = (text: string): string => text.replaceAll(/[\r\n]+/g, " ");

/** Sends a mail. Throws Unavailable where it may work later, NotificationRefused where the server refused it for good. */
export async function sendMail(target: EmailTarget, message: Message): Promise<void> {
  const { host, port, username, password, from, to, insecure } = target;
  const transport = createTransport({
    ...{ host, port, secure: port === SMTPS, requireTLS: !insecure, ignoreTLS: insecure },
    ...(username !== undefined && { auth: { user: username, pass: password ?? "" } }),
    ...{ connectionTimeout: LIMIT_MS, greetingTimeout: LIMIT_MS, socketTimeout: LIMIT_MS },
    ...{ disableFileAccess: true, disableUrlAccess: true },
  });
  try {
    const links = [message.facts["approvalLink"], message.link].filter((link) => link !== undefined);
    await transport.sendMail({
      from: oneLine(from),
      to: to.map(oneLine),
      subject: oneLine(message.title),
      text: [message.body, ...links].join("\n\n"),
      // The same mail tried twice is one to whoever looks at ids.
      messageId: `<${message.delivery}@sluice>`,
      headers: { "Auto-Submitted": "auto-generated", "X-Sluice-Event": message.trigger },
    });
  } catch (cause) {
    throw mailError(cause, host);
  } finally {
    transport.close();
  }
}

/** A refusal of the SMTP server is for good from 500 on (RFC 5321, 4.2.1); all else may pass. */
function mailError(cause: unknown, host: string): SluiceError {
  const {
    responseCode = 0,
    response = "",
    code = "",
  } = cause as {
    responseCode?: number;
    response?: string;
    code?: string;
  };
  const said = shown(response);
  if (responseCode >= 500 || code === "EAUTH") {
    return new SluiceError("NotificationRefused", `the mail server ${host} refused the mail${said}`, {
      next: "look at the notification's addresses, username and password",
      cause,
    });
  }
  return new SluiceError("Unavailable", `the mail server ${host} could not take the mail${said}`, { cause });
}
