import type { ApplyResult } from "../../../schemas/api/bodies.ts";
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
