import { writePath } from "../../schemas/api/issues.ts";
import type { Problem } from "../../schemas/errors.ts";
import type { Gate } from "../../schemas/kinds/gate.ts";
import type { ApiPorts } from "./ports.ts";
import type { ReadObject } from "./read-configuration.ts";

/** Each may take a second to be found. */
const MOST_PROBLEMS = 20;

/** What is wrong with the CEL expressions of gates, each with its file and line. */
export async function gateExpressionProblems(
  objects: readonly ReadObject[],
  { gateProblem }: Pick<ApiPorts, "gateProblem">,
): Promise<Problem[]> {
  const problems: Problem[] = [];
  for (const { document, path, cel } of objects.flatMap(expressionsOf)) {
    if (problems.length >= MOST_PROBLEMS) break;
    const message = await gateProblem(cel);
    if (message === undefined) continue;
    problems.push({ ...document.locate(path), path: writePath(path), message: `is not valid CEL: ${message}` });
  }
  return problems;
}

function expressionsOf({ object, document }: ReadObject) {
  const of = (path: PropertyKey[], gates: readonly Gate[]) =>
    gates.flatMap(({ expression }, index) =>
      expression ? [{ document, path: [...path, index, "expression", "cel"], cel: expression.cel }] : [],
    );
  if (object.kind === "GatePolicy") return of(["spec", "gates"], object.spec.gates);
  if (object.kind !== "Pipeline") return [];
  return object.spec.stages.flatMap((stage, index) => of(["spec", "stages", index, "gates"], stage.gates));
}
