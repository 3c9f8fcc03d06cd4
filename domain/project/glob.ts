/**
 * Globs of Projects: `*` is any run of characters, `?` one character, `{a,b}` one of several; with a separator, `*` and
 * `?` stay within a segment and `**` crosses it, and a lone `*` matches all. Matching takes time linear in pattern times
 * text, whatever the pattern.
 */
export function globMatches(pattern: string, text: string, separator?: string): boolean {
  if (pattern === "*" || pattern === "**") return true;
  if (!/[*?{]/.test(pattern)) return pattern === text;
  return alternatives(pattern).some((alternative) => matches(tokensOf(alternative), text, separator));
}

type Token = { type: "text"; char: string } | { type: "one" } | { type: "run"; crosses: boolean };

/** Bound of `{a,b}` expansion; a pattern with more alternatives is taken literally from there on. */
const MAX_ALTERNATIVES = 64;

function alternatives(pattern: string): string[] {
  let found = [pattern];
  for (;;) {
    const next = found.flatMap(expandFirst);
    if (next.length === found.length || next.length > MAX_ALTERNATIVES) return found;
    found = next;
  }
}

function expandFirst(pattern: string): string[] {
  const match = /\{([^{}]*,[^{}]*)\}/.exec(pattern);
  if (!match) return [pattern];
  const [before, after] = [pattern.slice(0, match.index), pattern.slice(match.index + match[0].length)];
  return (match[1] ?? "").split(",").map((choice) => before + choice + after);
}

function tokensOf(pattern: string): Token[] {
  const tokens: Token[] = [];
  for (const [part] of pattern.matchAll(/\*+|[^]/gu)) {
    if (part.startsWith("*")) tokens.push({ type: "run", crosses: part.length > 1 });
    else if (part === "?") tokens.push({ type: "one" });
    else tokens.push({ type: "text", char: part });
  }
  return tokens;
}

/** Runs all positions of the pattern side by side over the text, so that nothing is ever tried twice. */
function matches(tokens: readonly Token[], text: string, separator: string | undefined): boolean {
  let active = withSkippedRuns(new Set([0]), tokens);
  for (const char of text) {
    const next = new Set<number>();
    for (const position of active) {
      const to = step(tokens[position], position, char, separator);
      if (to !== undefined) next.add(to);
    }
    if (next.size === 0) return false;
    active = withSkippedRuns(next, tokens);
  }
  return active.has(tokens.length);
}

function withSkippedRuns(positions: Set<number>, tokens: readonly Token[]): Set<number> {
  for (const position of positions) if (tokens[position]?.type === "run") positions.add(position + 1);
  return positions;
}

function step(token: Token | undefined, at: number, char: string, separator: string | undefined): number | undefined {
  if (token === undefined) return undefined;
  if (token.type === "text") return token.char === char ? at + 1 : undefined;
  if (token.type === "one") return char === separator ? undefined : at + 1;
  return token.crosses || char !== separator ? at : undefined;
}

/**
 * Whether a list of globs allows a text: one must match and none with `!` in front may. An empty list allows nothing.
 */
export function globsAllow(patterns: readonly string[], text: string, separator?: string): boolean {
  const denied = patterns.some((pattern) => pattern.startsWith("!") && globMatches(pattern.slice(1), text, separator));
  return !denied && patterns.some((pattern) => !pattern.startsWith("!") && globMatches(pattern, text, separator));
}
