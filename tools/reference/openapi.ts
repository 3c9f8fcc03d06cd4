import { z } from "zod";
import { ACCESS, UNLISTED } from "../../schemas/api/access.ts";
import { ProblemDetails } from "../../schemas/api/problem.ts";
import { API_PREFIX, ROUTES, type Route, SEQUENCE_HEADER } from "../../schemas/api/routes.ts";
import { ERRORS, type ErrorCode } from "../../schemas/errors.ts";
import { version } from "../../schemas/version.ts";

type Json = { [key: string]: unknown };

/** The OpenAPI 3.1 document of the API, made of the table of routes that the server registers. */
export function openApi(): Json {
  const components = new Map<string, unknown>();
  const paths: { [path: string]: Json } = {};
  for (const [id, route] of Object.entries(ROUTES as Record<string, Route>)) {
    const path = `${API_PREFIX}${route.path.replaceAll(/:(\w+)/g, "{$1}")}`;
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operation(id, route, components) };
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "Sluice",
      version,
      description: "Everything the command line and the web interface do goes through this API.",
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    security: [{ token: ["admin"] }],
    paths,
    components: {
      securitySchemes: {
        token: {
          type: "http",
          scheme: "bearer",
          description: "A token of an Account; each route names the role it takes.",
        },
      },
      schemas: Object.fromEntries([...components].toSorted(([a], [b]) => (a < b ? -1 : 1))),
    },
  };
}

function operation(id: string, route: Route, components: Map<string, unknown>): Json {
  const ofJson = (type: string, schema: z.ZodType, io: "input" | "output") => ({
    [type]: { schema: schemaOf(schema, io, components) },
  });
  const role = ACCESS.get(id) ?? UNLISTED;
  const refusals: ErrorCode[] = ["Unauthenticated", ...(role === "viewer" ? [] : ["Forbidden" as const])];
  const answers: Json = {
    [route.status]: {
      description: route.status === 202 ? "Accepted: it is on disk and will be done" : "Done",
      headers: { [SEQUENCE_HEADER]: sequenceHeader("Ledger sequence that the answer includes.") },
      content: {
        ...ofJson("application/json", route.answer, "output"),
        ...(route.stream && { "text/event-stream": { schema: { type: "string" } } }),
      },
    },
  };
  for (const [status, codes] of byStatus([...new Set([...refusals, ...route.errors])])) {
    answers[status] = {
      description: codes.map((code) => `${code}: ${ERRORS[code].title}`).join("; "),
      content: ofJson("application/problem+json", ProblemDetails, "output"),
    };
  }
  return {
    operationId: id,
    summary: route.summary,
    tags: [route.tag],
    // Of a bearer scheme the list holds the roles that are needed (OpenAPI 3.1, Security Requirement Object).
    security: [{ token: [role] }],
    parameters: parametersOf(route),
    ...(route.body && { requestBody: { content: ofJson("application/json", route.body, "input") } }),
    responses: answers,
  };
}

const sequenceHeader = (description: string): Json => ({ description, schema: { type: "integer" } });

function byStatus(codes: readonly ErrorCode[]): [status: string, codes: ErrorCode[]][] {
  const groups = new Map<string, ErrorCode[]>();
  for (const code of codes) {
    const status = String(ERRORS[code].status);
    groups.set(status, [...(groups.get(status) ?? []), code]);
  }
  return [...groups];
}

function parametersOf(route: Route): Json[] {
  const of = (schema: z.ZodObject | undefined, place: "path" | "query") =>
    Object.entries(schema?.shape ?? {}).map(([name, part]) => {
      const {
        $schema: _,
        description,
        ...rest
      } = z.toJSONSchema(part as z.ZodType, { io: "input", unrepresentable: "any" });
      return {
        name,
        in: place,
        required: place === "path",
        ...(description !== undefined && { description }),
        schema: Object.keys(rest).length === 0 ? { type: "integer" } : rest,
      };
    });
  const header = {
    name: SEQUENCE_HEADER,
    in: "header",
    required: false,
    description: "The answer includes the ledger up to this sequence.",
    schema: { type: "integer" },
  };
  return [...of(route.params, "path"), ...of(route.query, "query"), header];
}

/** A schema in JSON Schema 2020-12; those with an id become components. */
function schemaOf(schema: z.ZodType, io: "input" | "output", components: Map<string, unknown>): Json {
  const {
    $schema: _,
    $defs,
    ...rest
  } = z.toJSONSchema(schema, { io, unrepresentable: "any" }) as Json & { $defs?: Json };
  for (const [name, definition] of Object.entries($defs ?? {})) components.set(name, relinked(definition));
  const own = rest["id"];
  if (typeof own !== "string") return relinked(rest) as Json;
  components.set(own, relinked(rest));
  return { $ref: `#/components/schemas/${own}` };
}

/** References into `$defs` point to the document's components instead. */
function relinked(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(relinked);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, part]) => {
      if (key === "id" && typeof part === "string") return [];
      const moved =
        key === "$ref" && typeof part === "string" ? part.replace("#/$defs/", "#/components/schemas/") : part;
      return [[key, relinked(moved)]];
    }),
  );
}
