import type { NatsConnection } from "@nats-io/transport-node";
import { SluiceError } from "../../schemas/errors.ts";

/**
 * Oldest nats-server that is accepted: 2.12 brought atomic batches, and before 2.12.6 the JetStream management API could be made to
 * restore over a stream it had no right to (CVE-2026-33222), besides CVE-2026-33223 and CVE-2026-33246 to 33249.
 */
export const MINIMUM_VERSION = "2.12.6";

/** Less than 0 when `a` is the older version, 0 when they are the same; what follows the three numbers does not count. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [numbers(a), numbers(b)];
  for (const index of [0, 1, 2]) {
    const difference = (left[index] ?? 0) - (right[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

const numbers = (version: string): number[] => (/^v?(\d+)\.(\d+)\.(\d+)/.exec(version) ?? []).slice(1).map(Number);

/** Why a server version is refused, or undefined when it is not. */
export function whyRefused(version: string): string | undefined {
  if (!/^v?\d+\.\d+\.\d+/.test(version)) return `nats-server says version "${version}", which is none`;
  if (compareVersions(version, MINIMUM_VERSION) >= 0) return undefined;
  return `nats-server ${version} has known holes or lacks atomic batches; ${MINIMUM_VERSION} is the oldest that is accepted`;
}

/** Throws Unavailable when the connected server is of a version that is refused. */
export function refuseBadServer(nc: NatsConnection): void {
  const refused = whyRefused(nc.info?.version ?? "unknown");
  if (refused === undefined) return;
  throw new SluiceError("Unavailable", refused, { next: `run nats-server ${MINIMUM_VERSION} or newer` });
}
