/** Label selectors as Kubernetes writes them. No dependency, so that domain code may import it. */

/** One condition on labels; all of a selector's have to hold. */
export interface LabelRequirement {
  key: string;
  operator: "in" | "notin" | "exists" | "absent";
  values: readonly string[];
}

const KEY = String.raw`(?:[a-z0-9](?:[-a-z0-9.]*[a-z0-9])?/)?[A-Za-z0-9](?:[-\w.]{0,61}[A-Za-z0-9])?`;
const VALUE = String.raw`(?:[A-Za-z0-9](?:[-\w.]{0,61}[A-Za-z0-9])?)?`;
const EQUALITY = new RegExp(`^(${KEY})\\s*(==|=|!=)\\s*(${VALUE})$`);
const SET = new RegExp(`^(${KEY})\\s+(in|notin)\\s*\\(([^()]*)\\)$`);
const PRESENCE = new RegExp(`^(!?)\\s*(${KEY})$`);
const LONE_VALUE = new RegExp(`^${VALUE}$`);

/**
 * A selector such as `tier=web,env in (prod, staging),!canary`, taken apart; undefined when it is none. Equality, sets and presence, as
 * `kubectl -l` takes them.
 */
export function parseLabelSelector(text: string): LabelRequirement[] | undefined {
  const parts = splitOutsideBrackets(text);
  const requirements = parts.map((part) => requirementOf(part.trim()));
  return requirements.every((requirement) => requirement !== undefined) ? requirements : undefined;
}

function requirementOf(part: string): LabelRequirement | undefined {
  const equality = EQUALITY.exec(part);
  if (equality) {
    const [, key, sign, value] = equality;
    return { key: key!, operator: sign === "!=" ? "notin" : "in", values: [value!] };
  }
  const set = SET.exec(part);
  if (set) {
    const values = set[3]!.split(",").map((value) => value.trim());
    if (!values.every((value) => LONE_VALUE.test(value))) return undefined;
    return { key: set[1]!, operator: set[2] === "in" ? "in" : "notin", values };
  }
  const presence = PRESENCE.exec(part);
  return presence ? { key: presence[2]!, operator: presence[1] ? "absent" : "exists", values: [] } : undefined;
}

function splitOutsideBrackets(text: string): string[] {
  const parts = [""];
  let depth = 0;
  for (const char of text) {
    if (char === "(") depth += 1;
    if (char === ")") depth -= 1;
    if (char === "," && depth === 0) parts.push("");
    else parts[parts.length - 1] += char;
  }
  return parts;
}

/** Whether labels fulfil every requirement. As in Kubernetes, a key that is not there fulfils `!=` and `notin`. */
export const labelsMatch = (
  requirements: readonly LabelRequirement[],
  labels: Readonly<Record<string, unknown>> | undefined,
): boolean => requirements.every((requirement) => fulfils(requirement, labels ?? {}));

function fulfils({ key, operator, values }: LabelRequirement, labels: Readonly<Record<string, unknown>>): boolean {
  const value = Object.hasOwn(labels, key) ? labels[key] : undefined;
  switch (operator) {
    case "in":
      return typeof value === "string" && values.includes(value);
    case "notin":
      return typeof value !== "string" || !values.includes(value);
    case "exists":
      return value !== undefined;
    case "absent":
      return value === undefined;
  }
}
