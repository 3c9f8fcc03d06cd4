import { writePath } from "../../schemas/api/issues.ts";
import type { Problem } from "../../schemas/errors.ts";
import type { IgnoredFields } from "../../schemas/kinds/ignore-differences.ts";
import type { ApiPorts } from "./ports.ts";
import type { ReadObject } from "./read-configuration.ts";

/** Each may take a second to be found. */
const MOST_PROBLEMS = 20;

/** What is wrong with the jq expressions of configuration objects, each with its file and line. */
export async function jqProblems(
  objects: readonly ReadObject[],
  { jqProblem }: Pick<ApiPorts, "jqProblem">,
): Promise<Problem[]> {
  const known = new Map<string, string | undefined>();
  const problems: Problem[] = [];
  for (const { document, path, expression } of objects.flatMap(expressionsOf)) {
    if (problems.length >= MOST_PROBLEMS) break;
    if (!known.has(expression)) known.set(expression, await jqProblem(expression));
    const message = known.get(expression);
    if (message === undefined) continue;
    problems.push({ ...document.locate(path), path: writePath(path), message: `invalid jq: ${message}` });
  }
  return problems;
}

function expressionsOf(read: ReadObject) {
  const of = (path: PropertyKey[], ignored: IgnoredFields | undefined) =>
    (ignored?.jqPathExpressions ?? []).map((expression, at) => ({
      document: read.document,
      path: [...path, "jqPathExpressions", at],
      expression,
    }));
  const { object } = read;
  if (object.kind === "ResourceCustomization") return of(["spec", "ignoreDifferences"], object.spec.ignoreDifferences);
  if (object.kind !== "Application") return [];
  return (object.spec.ignoreDifferences ?? []).flatMap((rule, at) => of(["spec", "ignoreDifferences", at], rule));
}
