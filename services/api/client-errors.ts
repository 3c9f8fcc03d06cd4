import { STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import { problemDetails } from "../../schemas/api/problem.ts";
import { SluiceError } from "../../schemas/errors.ts";

/** What HTTP itself could not read, by Node's codes: the status, and in words. */
const SAID: Record<string, { status: number; error: SluiceError }> = {
  HPE_HEADER_OVERFLOW: {
    status: 431,
    error: new SluiceError("PayloadTooLarge", "The headers of the request are larger than 16 KiB together"),
  },
  ERR_HTTP_REQUEST_TIMEOUT: {
    status: 408,
    error: new SluiceError("Timeout", "The request did not come in whole in time", { next: "Send it again." }),
  },
};
const MALFORMED = { status: 400, error: new SluiceError("InvalidInput", "The request can't be read as HTTP") };

/** Answers problem details to what never became a request, and ends the connection. */
export function answerClientError(error: { code?: string }, socket: Socket): void {
  if (error.code === "ECONNRESET" || !socket.writable) return void socket.destroy();
  const { status, error: said } = SAID[error.code ?? ""] ?? MALFORMED;
  const body = JSON.stringify({ ...problemDetails(said), status });
  socket.end(
    [
      `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
      "content-type: application/problem+json",
      `content-length: ${Buffer.byteLength(body)}`,
      "cache-control: no-store",
      "connection: close",
      "",
      body,
    ].join("\r\n"),
  );
}
