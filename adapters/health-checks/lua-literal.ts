/** JSON as the text of a Lua value: what is null is nil, which a table does not hold. */
export function luaLiteral(value: unknown): string {
  if (typeof value === "string") return quoted(value);
  if (typeof value === "boolean") return `${value}`;
  if (typeof value === "number") return Number.isFinite(value) ? `${value}` : value > 0 ? "1e999" : "-1e999";
  return value !== null && typeof value === "object" ? table(value) : "nil";
}

function table(value: object): string {
  if (Array.isArray(value)) return `{${value.map(luaLiteral).join(",")}}`;
  const fields = Object.entries(value).filter(([, field]) => field !== null);
  return `{${fields.map(([name, field]) => `[${quoted(name)}]=${luaLiteral(field)}`).join(",")}}`;
}

/** Everything that could end a text or mean something else in it is written as its byte. */
const quoted = (text: string): string =>
  `"${text.replaceAll(/[\0-\x1f"\\\x7f]/g, (letter) => `\\${String(letter.charCodeAt(0)).padStart(3, "0")}`)}"`;
