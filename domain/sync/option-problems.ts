import type { RawObject } from "../../schemas/artifact.ts";
import { nearest } from "../../schemas/api/nearest.ts";
import type { Problem } from "../../schemas/errors.ts";
import { parseSyncOption, SYNC_OPTIONS, type SyncOptionName } from "../../schemas/sync-options.ts";
import { keyTextOf } from "./identity.ts";
import {
  annotationsOf,
  commaList,
  COMPARE_OPTION_ANNOTATIONS,
  COMPARE_OPTIONS,
  FLUX_ANNOTATIONS,
  SYNC_OPTION_ANNOTATIONS,
} from "./options.ts";

/** Options that say something of a whole application and nothing of one object. */
const OF_APPLICATIONS: readonly SyncOptionName[] = ["CreateNamespace"];
/** Helm keeps an object at `keep` and nothing else. */
const HELM = { "helm.sh/resource-policy": ["keep", "delete", ""] } as const;

/** What the annotations of a rendered object say that nobody knows: one problem each, with the nearest name that is known. */
export function optionProblems(object: RawObject): Problem[] {
  const text = annotationsOf(object);
  const path = keyTextOf(object);
  const at = (annotation: string, wrong: Wrong): Problem => ({
    path,
    message: `${path}: annotation ${annotation}: ${wrong.message}`,
    next: wrong.next,
  });
  const each = (names: readonly string[], check: (item: string) => Wrong | undefined): Problem[] =>
    names.flatMap((annotation) =>
      commaList(text(annotation)).flatMap((item) => {
        const wrong = check(item);
        return wrong ? [at(annotation, wrong)] : [];
      }),
    );
  return [
    ...each(SYNC_OPTION_ANNOTATIONS, syncOptionWrong),
    ...each(COMPARE_OPTION_ANNOTATIONS, (item) => listedWrong(item, COMPARE_OPTIONS, "compare option")),
    ...Object.entries({ ...FLUX_ANNOTATIONS, ...HELM }).flatMap(([annotation, values]) => {
      const value = text(annotation);
      const wrong = value === undefined ? undefined : valueWrong(value, values);
      return wrong ? [at(annotation, wrong)] : [];
    }),
  ];
}

interface Wrong {
  message: string;
  next: string;
}

function syncOptionWrong(item: string): Wrong | undefined {
  const option = parseSyncOption(item);
  if (!option) return listedWrong(item, SYNC_OPTIONS, "sync option");
  if (!OF_APPLICATIONS.includes(option.name)) return undefined;
  const message = `sync option ${option.name} is about a whole application, not about one object`;
  return { message, next: "set it in spec.syncPolicy.syncOptions of the Application" };
}

function listedWrong(
  item: string,
  known: Readonly<Record<string, readonly string[]>>,
  what: string,
): Wrong | undefined {
  const at = item.indexOf("=");
  const name = at < 0 ? item : item.slice(0, at);
  const values = Object.hasOwn(known, name) ? known[name] : undefined;
  if (values === undefined) return unknown(name, Object.keys(known), what);
  if (values.includes(at < 0 ? "" : item.slice(at + 1))) return undefined;
  const written = values.filter((value) => value !== "").map((value) => `${name}=${value}`);
  const takes = values.filter((value) => value !== "").join(", ");
  return {
    message: `${what} ${item} has a value that it does not take${takes === "" ? "" : `; it takes ${takes}`}`,
    next: `write ${written.join(" or ")}`,
  };
}

function unknown(name: string, known: readonly string[], what: string): Wrong {
  const meant = nearest(name, known);
  return {
    message: `unknown ${what} ${name}${meant === undefined ? "" : `; did you mean ${meant}?`}`,
    next: meant === undefined ? `known are ${known.join(", ")}` : `write ${meant}, or remove it`,
  };
}

function valueWrong(value: string, values: readonly string[]): Wrong | undefined {
  if (values.some((known) => known.toLowerCase() === value.toLowerCase())) return undefined;
  const meant = nearest(value, values);
  return {
    message: `unknown value ${value}${meant ? `; did you mean ${meant}?` : ""}`,
    next: `write ${values.filter(Boolean).join(" or ")}`,
  };
}
