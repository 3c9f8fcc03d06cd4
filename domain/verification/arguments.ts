import type { ArgumentValue } from "../../schemas/kinds/verification.ts";

/** An argument as a run uses it; `secret` where nothing may tell its value. */
export interface GivenArgument {
  name: string;
  value: string;
  secret?: boolean;
}

/** Names of the arguments that a text refers to: `{{args.name}}`, spaces allowed. */
export const referencesIn = (text: string): string[] => [
  ...new Set([...text.matchAll(REFERENCE)].map(([, name]) => name!)),
];

const REFERENCE = /\{\{\s*args\.([^{}\s]+)\s*\}\}/g;

/** Every text in a value with its arguments filled in; what no argument is of that name for stays. */
export function withArguments<Part>(part: Part, given: readonly GivenArgument[]): Part {
  const values = new Map(given.map(({ name, value }) => [name, value]));
  const filled = (value: unknown): unknown => {
    if (typeof value === "string") {
      return value.replaceAll(REFERENCE, (whole, name: string) => values.get(name) ?? whole);
    }
    if (Array.isArray(value)) return value.map(filled);
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, filled(inner)]));
  };
  return filled(part) as Part;
}

/**
 * Arguments as several places declare them: a value given by the verification stands above a template's default, and of several templates
 * the first that has one counts.
 */
export function mergedArguments(
  given: readonly ArgumentValue[],
  declared: readonly (readonly ArgumentValue[])[],
): ArgumentValue[] {
  const merged = new Map<string, ArgumentValue>();
  for (const argument of [...given, ...declared.flat()]) {
    const before = merged.get(argument.name);
    if (!before || (before.value === undefined && before.valueFrom === undefined)) merged.set(argument.name, argument);
  }
  return [...merged.values()];
}
