import { Kvm } from "@nats-io/kv";
import type { NatsConnection } from "@nats-io/transport-node";
import { SluiceError } from "../../schemas/errors.ts";
import { CREDENTIAL_BUCKET } from "../../schemas/ids.ts";
import type { Sealer } from "./credentials.ts";
import { unavailable } from "./failure.ts";

const MARK = "keyring-mark";
const PURPOSE = "mark of the keyring";

/**
 * Refuses to go on with another keyring than the one that sealed what is stored: with a new one nothing would open, and all that is
 * stored from then on would open with no other. The first keyring leaves its mark. Throws InvalidConfiguration.
 */
export async function checkKeyring(nc: NatsConnection, keyring: Sealer): Promise<void> {
  const own = keyring.seal(PURPOSE, "sluice", MARK);
  const bucket = await new Kvm(nc).open(CREDENTIAL_BUCKET, { bindOnly: true }).catch(failed);
  // Of two first starts at once one is the first.
  const created = await bucket.create(MARK, own).catch(() => undefined);
  if (created !== undefined) return;
  const entry = await bucket.get(MARK).catch(failed);
  if (entry === null) throw unavailable("read the mark of the keyring", new Error("it is gone"));
  if (entry.string() === own) return;
  try {
    keyring.open(PURPOSE, entry.string(), MARK);
  } catch (cause) {
    throw new SluiceError("InvalidConfiguration", "The keyring is not the one that sealed what NATS has stored", {
      next: "restore keys/master.key of the data directory from a backup, or name it as keyFile; if it is lost, begin with an empty NATS and apply the configuration again",
      cause,
    });
  }
  // Opened by an older key of the ring: marked with the newest, the older one may go some day.
  await bucket.put(MARK, own).catch(failed);
}

function failed(cause: unknown): never {
  throw unavailable("read the mark of the keyring", cause);
}
