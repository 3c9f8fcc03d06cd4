import { z } from "zod";
import { KINDS } from "../../schemas/kinds/index.ts";
import { ServerConfiguration } from "../../schemas/server-configuration.ts";

/** JSON Schema of each configuration kind and of the server's configuration file, for editors: by file name. */
export function kindSchemas(): Map<string, unknown> {
  const files = new Map<string, unknown>();
  const add = (name: string, title: string, schema: z.ZodType) => {
    const { $schema, ...rest } = z.toJSONSchema(schema, { io: "input", unrepresentable: "any" });
    files.set(`${name}.schema.json`, { $schema, title, ...rest });
  };
  for (const [kind, schema] of Object.entries(KINDS)) add(kind.toLowerCase(), kind, schema);
  add("server-configuration", "Configuration of sluice server", ServerConfiguration);
  return files;
}
