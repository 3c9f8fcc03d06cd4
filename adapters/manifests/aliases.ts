import { type Document, isAlias, isNode, visit } from "yaml";

/** Why a node on the way to a change can't be changed alone: an alias shares it with another place. Undefined where none does. */
export function aliasRefusal(document: Document.Parsed, way: readonly unknown[]): string | undefined {
  const used = new Set<string>();
  visit(document, { Alias: (_, { source }) => void used.add(source) });
  for (const node of way) {
    if (isAlias(node)) return `in its manifest the alias *${node.source} stands there: ${BY_HAND}`;
    const anchor = isNode(node) && "anchor" in node ? node.anchor : undefined;
    if (anchor !== undefined && used.has(anchor)) {
      return `in its manifest the anchor &${anchor} stands there, which an alias repeats elsewhere: ${BY_HAND}`;
    }
  }
  return undefined;
}

const BY_HAND = "change it there by hand";
