import { isMap, isSeq, parseDocument } from "yaml";
import { type SetValue, setValue } from "./set-value.ts";

/** A Chart.yaml with the version of one of its dependencies set; nothing but that version changes. */
export function setDependency(text: string, { name, version }: { name: string; version: string }): SetValue {
  const list: unknown = parseDocument(text).get("dependencies", true);
  const items = isSeq(list) ? list.items : [];
  const index = items.findIndex((item) => isMap(item) && (item.get("alias") ?? item.get("name")) === name);
  const found = index >= 0 ? index : items.findIndex((item) => isMap(item) && item.get("name") === name);
  if (found < 0) return { refused: `it has no dependency ${name}` };
  return setValue(text, { key: `dependencies.${found}.version`, value: version });
}
