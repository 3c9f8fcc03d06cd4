import { z } from "zod";

/** One field of a schema as the reference shows it. */
export interface Field {
  path: string;
  type: string;
  standard: string;
  description: string;
}

type JsonSchema = {
  type?: string | string[];
  properties?: Record<string, JsonSchema>;
  required?: string[];
  items?: JsonSchema;
  enum?: (string | number)[];
  const?: string | number | boolean;
  anyOf?: JsonSchema[];
  default?: unknown;
  description?: string;
  additionalProperties?: JsonSchema | boolean;
};

/** All fields of a schema, parents before children. */
export function fieldsOf(schema: z.ZodType): Field[] {
  return walk(z.toJSONSchema(schema, { io: "input", unrepresentable: "any" }) as JsonSchema, "");
}

function walk(schema: JsonSchema, prefix: string): Field[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, part]) => {
    const path = prefix === "" ? name : `${prefix}.${name}`;
    const needed = schema.required?.includes(name) ?? false;
    const own: Field = {
      path,
      type: typeOf(part),
      standard: needed ? "required" : defaultOf(part),
      description: part.description ?? "",
    };
    return [own, ...walk(part, path), ...(part.items ? walk(part.items, `${path}[]`) : [])];
  });
}

function typeOf(schema: JsonSchema): string {
  if (schema.const !== undefined) return `\`${String(schema.const)}\``;
  if (schema.enum) return schema.enum.map((value) => `\`${String(value)}\``).join(", ");
  if (schema.anyOf) return [...new Set(schema.anyOf.map(typeOf))].join(" or ");
  if (schema.type === "array") return `list of ${schema.items ? typeOf(schema.items) : "anything"}`;
  if (schema.type === "object" && typeof schema.additionalProperties === "object" && !schema.properties) {
    return `map to ${typeOf(schema.additionalProperties)}`;
  }
  if (schema.type === "object") return "mapping";
  return Array.isArray(schema.type) ? schema.type.join(" or ") : (schema.type ?? "any");
}

function defaultOf(schema: JsonSchema): string {
  const value = schema.default;
  if (value === undefined || (typeof value === "object" && value !== null && Object.keys(value).length === 0))
    return "";
  return `\`${typeof value === "string" ? value : JSON.stringify(value)}\``;
}

const cell = (text: string): string => text.replaceAll("|", "\\|").replaceAll("\n", " ");

/** Fields as a Markdown table. */
export const fieldTable = (fields: Field[]): string =>
  [
    "| field | type | default | meaning |",
    "| --- | --- | --- | --- |",
    ...fields.map(
      ({ path, type, standard, description }) =>
        `| \`${path}\` | ${cell(type)} | ${cell(standard)} | ${cell(description)} |`,
    ),
  ].join("\n");
