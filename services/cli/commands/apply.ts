import type { ApplyResult } from "../../../schemas/api/bodies.ts";
import { type Problem, toSluiceError, SluiceError } from "../../../schemas/errors.ts";
import type { Context } from "../context.ts";
import { usage } from "../context.ts";
import { status } from "../io.ts";
import { type InputFile, readInputs } from "../read-files.ts";

interface ApplyOptions {
  filename?: string[];
  recursive?: boolean;
  dryRun?: boolean;
}

/** Sends configuration to the server, which checks and applies all of it or nothing. */
export async function apply(context: Context, options: ApplyOptions): Promise<void> {
  if (!options.filename?.length) {
    throw usage("Nothing to apply is named", "Give files, directories or - with -f, as in: sluice apply -f app.yaml");
  }
  const files = await readInputs(options.filename, { recursive: options.recursive ?? false }, context.io);
  await applyFiles(context, files, options.dryRun ?? false);
}

/** Applies texts and shows what became of each object; returns when the views show it too. */
export async function applyFiles(context: Context, files: InputFile[], dryRun: boolean): Promise<ApplyResult> {
  const { client, io } = context;
  const result = await client.post<ApplyResult>("/apply", { query: { dryRun }, body: { files } });
  if (!dryRun) await client.get("/version", { sequence: result.sequence });
  if (await context.showValue(result)) return result;
  for (const object of result.objects) {
    const name = `${object.kind.toLowerCase()}/${object.name}`;
    if (context.output === "name") io.out(`${name}\n`);
    else io.out(`${name} ${status(io, object.result)}${dryRun ? " (dry run)" : ""}\n`);
  }
  return result;
}

/** Applies one object that the command line itself made: its problems have a path, but no file and line that anybody could look up. */
export async function applyMade(context: Context, object: object, dryRun: boolean): Promise<ApplyResult> {
  try {
    return await applyFiles(context, [{ file: "the command line", text: JSON.stringify(object) }], dryRun);
  } catch (thrown) {
    const { code, message, next, problems } = toSluiceError(thrown);
    const placeless = problems.map(({ file: _file, line: _line, column: _column, ...said }): Problem => said);
    throw new SluiceError(code, message, { problems: placeless, cause: thrown, ...(next !== undefined && { next }) });
  }
}
