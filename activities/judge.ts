import type { RawObject } from "../schemas/artifact.ts";
import { health, judgedAs, type Health } from "../domain/health/health.ts";

/** Health by a check out of configuration; undefined where no check is about the object's kind. Never rejects. */
export type OwnCheck = (object: RawObject) => Promise<Health> | undefined;

/** How objects are judged, once it is known what the own checks say of them. */
export type Judge = (object: RawObject | undefined) => Health;

const place = ({ apiVersion, kind, metadata }: RawObject): string =>
  `${apiVersion}/${kind}/${metadata.namespace ?? ""}/${metadata.name}`;

/** Has the own checks judge all of these objects; every other one is judged by what is built in. */
export async function judging(own: OwnCheck | undefined, objects: Iterable<RawObject | undefined>): Promise<Judge> {
  const found = new Map<string, Health>();
  const checks: Promise<void>[] = [];
  for (const object of objects) {
    const check = object && own?.(object);
    if (check) checks.push(check.then((told) => void found.set(place(object), told)));
  }
  await Promise.all(checks);
  if (found.size === 0) return health;
  return (object) => {
    const told = object && found.get(place(object));
    return object && told ? judgedAs(object, () => told) : health(object);
  };
}
