import { byConditions, conditionLag, type Rule, type Rules } from "./by-conditions.ts";
import { degraded, healthy, progressing, words, type Health, type Shape } from "./verdict.ts";

/** The conditions of one place of a status, with the name of the place for the message. */
interface Place {
  name: string;
  conditions: Shape[];
}

const typed = ({ conditions }: Place, type: string): Shape | undefined =>
  conditions.find((entry) => entry.text("type") === type);

/** Why a place is not well: refused, not resolved, of an older generation, or not programmed yet. */
function trouble(object: Shape, place: Place): Health | undefined {
  const { name } = place;
  for (const entry of place.conditions) {
    const stale = conditionLag(object, entry);
    if (stale) return stale;
  }
  for (const type of ["Accepted", "ResolvedRefs"]) {
    const entry = typed(place, type);
    const pending = entry?.text("reason") === "Pending";
    if (entry?.text("status") === "False" && !pending) return degraded(`${name}${words(entry, `${type} is False`)}`);
  }
  for (const type of ["Accepted", "Programmed"]) {
    const entry = typed(place, type);
    if (entry && entry.text("status") !== "True")
      return progressing(`${name}${words(entry, `${type} is not True yet`)}`);
  }
  return undefined;
}

/** Gateway: itself and every listener accepted, resolved and programmed. */
function gateway(object: Shape): Health {
  const own: Place = { name: "", conditions: object.list("status", "conditions") };
  const listeners = object.list("status", "listeners").map((listener): Place => ({
    name: `listener ${listener.text("name") ?? ""}: `,
    conditions: listener.list("conditions"),
  }));
  // A new Gateway holds conditions that wait for a controller, with reason Pending and no programming behind them.
  if (own.conditions.length === 0 && listeners.length === 0) return progressing("no controller has taken it up yet");
  for (const place of [own, ...listeners]) {
    const found = trouble(object, place);
    if (found) return found;
  }
  return healthy;
}

/** A route or policy: every parent (or ancestor) that answered has accepted it. */
const attached =
  (list: string, ref: string): Rule =>
  (object) => {
    const places = object.list("status", list).map((entry): Place => ({
      name: `${entry.text(ref, "kind") ?? "Gateway"} ${entry.text(ref, "name") ?? ""}: `,
      conditions: entry.list("conditions"),
    }));
    const answered = places.filter(({ conditions }) => conditions.length > 0);
    if (answered.length === 0) return progressing("no Gateway has taken it up yet");
    // What a parent said of an older generation doesn't count beside what others say of this one.
    const current = answered.filter(({ conditions }) => !conditions.some((entry) => conditionLag(object, entry)));
    const found = (current.length > 0 ? current : answered).flatMap((place) => trouble(object, place) ?? []);
    return found.find(({ status }) => status === "Degraded") ?? found[0] ?? healthy;
  };

const route = attached("parents", "parentRef");
const policy = attached("ancestors", "ancestorRef");

/** Gateway API by its documented conditions (gateway-api.sigs.k8s.io/guides/implementers/#conditions). */
export const GATEWAY_API: Rules = {
  "gateway.networking.k8s.io/Gateway": gateway,
  "gateway.networking.k8s.io/GatewayClass": byConditions({ needs: ["Accepted"], patience: ["Pending", "Waiting"] }),
  "gateway.networking.k8s.io/HTTPRoute": route,
  "gateway.networking.k8s.io/GRPCRoute": route,
  "gateway.networking.k8s.io/TLSRoute": route,
  "gateway.networking.k8s.io/TCPRoute": route,
  "gateway.networking.k8s.io/UDPRoute": route,
  "gateway.networking.k8s.io/BackendTLSPolicy": policy,
};
