import { writePath } from "../../schemas/api/issues.ts";
import type { Problem } from "../../schemas/errors.ts";
import type { ApiPorts } from "./ports.ts";
import type { ReadObject } from "./read-configuration.ts";

/** Each may take a second to be found. */
const MOST_PROBLEMS = 20;

/** What is wrong with the CEL expressions of dependencies, each with its file and line. */
export async function readyExpressionProblems(
  objects: readonly ReadObject[],
  { healthProblems }: Pick<ApiPorts, "healthProblems">,
): Promise<Problem[]> {
  const problems: Problem[] = [];
  for (const { object, document } of objects) {
    if (object.kind !== "Application") continue;
    for (const [index, { readyExpr }] of (object.spec.dependsOn ?? []).entries()) {
      if (readyExpr === undefined || problems.length >= MOST_PROBLEMS) continue;
      const path = ["spec", "dependsOn", index, "readyExpr"];
      for (const { message } of await healthProblems({ cel: [{ status: "Healthy", when: readyExpr }] })) {
        problems.push({ ...document.locate(path), path: writePath(path), message });
      }
    }
  }
  return problems;
}
