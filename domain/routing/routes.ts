import { addressOf } from "./address.ts";
import { isCommit, tracks } from "./ref.ts";

/** Where an application comes from, as its spec has it. */
export interface Origin {
  repoURL: string;
  targetRevision: string;
}

/** An application that a push may concern. */
export interface Candidate extends Origin {
  name: string;
}

/**
 * Which applications a push can concern, without looking at each: by address in normal form, then by targetRevision.
 * A look-up costs as many steps as the address has distinct targetRevisions, however many applications there are.
 */
export interface Routes {
  /** Takes an application up, or moves it to where it comes from now. */
  set(name: string, origin: Origin): void;
  delete(name: string): void;
  /** The applications, sorted by name, that a ref of a repository can concern. */
  concerned(repoURL: string, ref: string): Candidate[];
  /** Every address in use, in normal form. */
  addresses(): Iterable<string>;
  /** Distinct origins at an address whose targetRevision can move, sorted. */
  followed(address: string): Origin[];
  readonly size: number;
}

/** An empty index; it is folded from the applications' configuration. */
export function createRoutes(): Routes {
  const places = new Map<string, { address: string; origin: Origin }>();
  const index = new Map<string, Map<string, Map<string, Candidate>>>();

  const forget = (name: string): void => {
    const place = places.get(name);
    if (place === undefined) return;
    places.delete(name);
    const revisions = index.get(place.address);
    const names = revisions?.get(place.origin.targetRevision);
    names?.delete(name);
    if (names?.size === 0) revisions?.delete(place.origin.targetRevision);
    if (revisions?.size === 0) index.delete(place.address);
  };

  return {
    set(name, { repoURL, targetRevision }) {
      forget(name);
      const address = addressOf(repoURL);
      if (address === undefined) return;
      places.set(name, { address, origin: { repoURL, targetRevision } });
      const revisions = entry(index, address, () => new Map<string, Map<string, Candidate>>());
      entry(revisions, targetRevision, () => new Map<string, Candidate>()).set(name, { name, repoURL, targetRevision });
    },
    delete: forget,
    concerned(repoURL, ref) {
      const found: Candidate[] = [];
      for (const [targetRevision, names] of index.get(addressOf(repoURL) ?? "") ?? []) {
        if (tracks(targetRevision, ref)) found.push(...names.values());
      }
      return found.toSorted((left, right) => order(left.name, right.name));
    },
    addresses: () => index.keys(),
    followed(address) {
      const found = new Map<string, Origin>();
      for (const [targetRevision, names] of index.get(address) ?? []) {
        if (isCommit(targetRevision)) continue;
        for (const { repoURL } of names.values())
          found.set(`${targetRevision}\n${repoURL}`, { repoURL, targetRevision });
      }
      return [...found].toSorted(([left], [right]) => order(left, right)).map(([, origin]) => origin);
    },
    get size() {
      return places.size;
    },
  };
}

const order = (left: string, right: string): number => (left < right ? -1 : Number(left > right));

function entry<Value>(map: Map<string, Value>, key: string, make: () => Value): Value {
  const found = map.get(key);
  if (found !== undefined) return found;
  const made = make();
  map.set(key, made);
  return made;
}
