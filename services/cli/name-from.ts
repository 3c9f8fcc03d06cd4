/** A name that fits `metadata.name` (DNS label, at most 63 characters) made of any text. */
export function nameFrom(text: string): string {
  const name = text
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .slice(0, 63)
    .replaceAll(/^-+|-+$/g, "");
  return name === "" ? "unnamed" : name;
}
