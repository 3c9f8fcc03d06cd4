import fc from "fast-check";
import { z } from "zod";

interface JsonSchema {
  const?: unknown;
  enum?: unknown[];
  anyOf?: JsonSchema[];
  type?: string | string[];
  items?: JsonSchema;
  properties?: Record<string, JsonSchema>;
  required?: string[];
  additionalProperties?: JsonSchema | boolean;
}

/** Any value that fits a schema, of few texts and numbers, for events that need no generator of their own. */
export const fromSchema = (schema: z.ZodType): fc.Arbitrary<unknown> =>
  arbitrary(z.toJSONSchema(schema, { unrepresentable: "any", io: "output" }) as JsonSchema);

function arbitrary(schema: JsonSchema): fc.Arbitrary<unknown> {
  if ("const" in schema) return fc.constant(schema.const);
  if (schema.enum) return fc.constantFrom(...schema.enum);
  if (schema.anyOf) return fc.oneof(...schema.anyOf.map(arbitrary));
  if (Array.isArray(schema.type)) return fc.oneof(...schema.type.map((type) => arbitrary({ ...schema, type })));
  switch (schema.type) {
    case "string":
      return fc.constantFrom("one", "two", "2026-01-01T00:00:00Z");
    case "integer":
    case "number":
      return fc.nat({ max: 100 });
    case "boolean":
      return fc.boolean();
    case "null":
      return fc.constant(null);
    case "array":
      return fc.array(arbitrary(schema.items ?? {}), { maxLength: 2 });
    case "object":
      return object(schema);
    case undefined:
    default:
      return fc.constant({});
  }
}

function object({ properties = {}, required = [], additionalProperties }: JsonSchema): fc.Arbitrary<unknown> {
  const members = Object.fromEntries(Object.entries(properties).map(([name, inner]) => [name, arbitrary(inner)]));
  if (Object.keys(members).length > 0) return fc.record(members, { requiredKeys: required, noNullPrototype: true });
  if (typeof additionalProperties !== "object") return fc.constant({});
  return fc.dictionary(fc.constantFrom("a", "b"), arbitrary(additionalProperties), { noNullPrototype: true });
}
