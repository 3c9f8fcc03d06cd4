import { writePath } from "../../schemas/api/issues.ts";
import type { Problem } from "../../schemas/errors.ts";
import type { ApiPorts } from "./ports.ts";
import type { ReadObject } from "./read-configuration.ts";

/** Each may take a second to be found. */
const MOST_PROBLEMS = 20;

/** What is wrong with the health checks of ResourceCustomizations, each with its file and line: CEL and Lua that can't be read. */
export async function healthCheckProblems(
  objects: readonly ReadObject[],
  { healthProblems }: Pick<ApiPorts, "healthProblems">,
): Promise<Problem[]> {
  const problems: Problem[] = [];
  for (const { object, document } of objects) {
    if (problems.length >= MOST_PROBLEMS) break;
    if (object.kind !== "ResourceCustomization" || !object.spec.health) continue;
    for (const found of await healthProblems(object.spec.health)) {
      const path = ["spec", "health", ...found.path];
      problems.push({ ...document.locate(path), path: writePath(path), message: found.message });
    }
  }
  return problems;
}
