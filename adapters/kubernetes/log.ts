import { failure } from "./errors.ts";
import type { Subject } from "./errors.ts";
import type { Endpoint } from "./read.ts";
import { type Resource, resourcePath, withQuery } from "./resource.ts";

/** A container of a pod. */
export interface LoggedContainer {
  namespace: string;
  name: string;
  container: string;
}

/** Lines that are asked for: the newest. */
const MOST_LINES = 5_000;

/** The end of a container's log, at most so many bytes of it. NotFound when the pod is gone. */
export async function readLog(
  { send, server }: Endpoint,
  pods: Resource,
  { namespace, name, container }: LoggedContainer,
  { limitBytes, signal }: { limitBytes: number; signal?: AbortSignal },
): Promise<string> {
  const subject: Subject = { verb: "get", resource: pods, namespace, name };
  const answer = await send({
    subject,
    method: "GET",
    path: withQuery(`${resourcePath(pods, namespace, name)}/log`, { container, limitBytes, tailLines: MOST_LINES }),
    headers: { accept: "*/*" },
    signal,
    // Its kubelet may be gone for good: the log is not worth a long wait.
    limits: { attempts: 3, deadlineMs: 5_000 },
    maxBytes: limitBytes + 1_024,
  });
  if (answer.status >= 400) throw failure(server, subject, answer);
  return answer.text;
}
