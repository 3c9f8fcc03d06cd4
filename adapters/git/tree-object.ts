import type { TreeEntry } from "../../domain/source/tree.ts";

const TYPES: Record<string, TreeEntry["type"]> = {
  "40000": "tree",
  "120000": "symlink",
  "160000": "submodule",
};

/** The entries of a git tree object in its order: `<mode> <name>\0<20 or 32 bytes of id>` each. Names keep bytes that are UTF-8. */
export function parseTree(bytes: Buffer, oidBytes: number): Map<string, TreeEntry> {
  const entries = new Map<string, TreeEntry>();
  let at = 0;
  while (at < bytes.length) {
    const space = bytes.indexOf(32, at);
    const nul = bytes.indexOf(0, space);
    if (space < 0 || nul < 0 || nul + 1 + oidBytes > bytes.length) break;
    const mode = bytes.toString("latin1", at, space);
    const name = bytes.toString("utf8", space + 1, nul);
    at = nul + 1 + oidBytes;
    const oid = bytes.toString("hex", nul + 1, at);
    entries.set(name, { oid, type: TYPES[mode] ?? "blob", mode: mode.padStart(6, "0") });
  }
  return entries;
}
