import { readFile } from "node:fs/promises";
import { join } from "node:path";

/** Helm's names for a chart's files as the repository has them: it writes the chart's own name where its directory is. */
export type ChartPaths = (text: string) => string;

/** What the name of a chart that is rendered from a directory stands for. */
export async function chartPaths(dir: string, root: string): Promise<ChartPaths> {
  const chart = await readFile(join(dir, "Chart.yaml"), "utf8").catch(() => "");
  const name = /^name:[ \t]*["']?([A-Za-z0-9][\w.-]*)/m.exec(chart)?.[1];
  if (name === undefined) return (text) => text;
  const file = new RegExp(
    `(?<![\\w./-])${name.replaceAll(".", "\\.")}/(?=(?:templates|charts|crds|files)/|values\\.)`,
    "g",
  );
  const place = root === "" ? "" : `${root}/`;
  return (text) => text.replaceAll(file, () => place);
}
