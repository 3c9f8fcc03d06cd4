/**
 * Globs of source directories and value files: `*` any run of characters, `**` the same across separators, `?` one character, `[a-z]` and `[!a]` a
 * set, `{a,b}` alternatives, `\` takes the next character as it is. With a separator, `*` and `?` stop at it. Runs in
 * (pattern x text) steps at most, so a hostile pattern can't stall it.
 */
export function matchGlob(pattern: string, text: string, separator?: string): boolean {
  return alternatives(pattern).some((one) => matchTokens(tokens(one), text, separator));
}

type Token =
  | { type: "text"; char: string }
  | { type: "one" }
  | { type: "any" }
  | { type: "across" }
  | { type: "set"; negated: boolean; members: string };

const MOST_ALTERNATIVES = 64;

/** The pattern with its outermost braces spelled out; past the limit, braces stand for themselves and match nothing else. */
function alternatives(pattern: string): string[] {
  let open = [pattern];
  const done: string[] = [];
  while (open.length > 0) {
    const next: string[] = [];
    for (const one of open) {
      const match = /^((?:[^\\{]|\\.)*)\{((?:[^\\{}]|\\.)*)\}(.*)$/s.exec(one);
      if (!match || done.length + next.length >= MOST_ALTERNATIVES) done.push(one);
      else for (const choice of match[2]!.split(",")) next.push(match[1]! + choice + match[3]!);
    }
    open = next;
  }
  return done;
}

function tokens(pattern: string): Token[] {
  const list: Token[] = [];
  for (let at = 0; at < pattern.length; at += 1) {
    const char = pattern[at]!;
    if (char === "*" && pattern[at + 1] === "*") {
      list.push({ type: "across" });
      at += 1;
    } else if (char === "*") list.push({ type: "any" });
    else if (char === "?") list.push({ type: "one" });
    else if (char === "\\" && at + 1 < pattern.length) {
      at += 1;
      list.push({ type: "text", char: pattern[at]! });
    } else if (char === "[" && pattern.indexOf("]", at + 2) > 0) {
      const end = pattern.indexOf("]", at + 2);
      const negated = pattern[at + 1] === "!" || pattern[at + 1] === "^";
      list.push({ type: "set", negated, members: pattern.slice(at + (negated ? 2 : 1), end) });
      at = end;
    } else list.push({ type: "text", char });
  }
  return list;
}

function inSet(members: string, char: string): boolean {
  for (let at = 0; at < members.length; at += 1) {
    if (members[at + 1] === "-" && at + 2 < members.length) {
      if (members[at]! <= char && char <= members[at + 2]!) return true;
      at += 2;
    } else if (members[at] === char) return true;
  }
  return false;
}

function takes(token: Token, char: string, separator: string | undefined): boolean {
  switch (token.type) {
    case "text":
      return token.char === char;
    case "set":
      return char !== separator && inSet(token.members, char) !== token.negated;
    case "across":
      return true;
    case "one":
    case "any":
      return char !== separator;
  }
}

const repeats = (token: Token | undefined): boolean => token?.type === "any" || token?.type === "across";

/** Which places of the pattern can be reached without another character: a repeating token may stand for nothing. */
function close(places: Set<number>, list: Token[]): Set<number> {
  for (const place of places) if (repeats(list[place])) places.add(place + 1);
  return places;
}

function matchTokens(list: Token[], text: string, separator: string | undefined): boolean {
  let places = close(new Set([0]), list);
  for (const char of text) {
    const next = new Set<number>();
    for (const place of places) {
      const token = list[place];
      if (token && takes(token, char, separator)) next.add(repeats(token) ? place : place + 1);
    }
    if (next.size === 0) return false;
    places = close(next, list);
  }
  return places.has(list.length);
}
