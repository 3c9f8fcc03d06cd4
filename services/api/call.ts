import type { FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import { problemsOf, writePath } from "../../schemas/api/issues.ts";
import type { ROUTES, Route, RouteId } from "../../schemas/api/routes.ts";
import { SluiceError } from "../../schemas/errors.ts";
import type { Actor } from "../../schemas/operation.ts";
import type { Caller } from "./authenticate.ts";
import type { LetIn } from "./guard.ts";

type Part<Id extends RouteId, Name extends string> = (typeof ROUTES)[Id] extends { [Key in Name]: infer Schema }
  ? Schema extends z.ZodType
    ? z.output<Schema>
    : undefined
  : undefined;

/** One request whose parts fit the route's schemas, and who makes it. */
export interface Call<Id extends RouteId> {
  params: Part<Id, "params">;
  query: Part<Id, "query">;
  body: Part<Id, "body">;
  actor: Actor;
  caller: Caller;
  /** Whether the request would be let in again now: asked by what goes on for long. */
  authorized(): boolean;
  /** The caller's `Idempotency-Key`: the same one again asks for the same operation. */
  idempotencyKey: string | undefined;
  request: FastifyRequest;
  reply: FastifyReply;
}

/** What answers a route; what it returns is stripped to the route's answer schema. Undefined: it took the reply over itself. */
export type Handlers = { [Id in RouteId]?: (call: Call<Id>) => Promise<unknown> };

function part(schema: z.ZodType | undefined, value: unknown, where: string): unknown {
  if (!schema) return undefined;
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const problems = problemsOf(parsed.error, schema, value).map(({ path, message, next }) => ({
    path: writePath(path),
    message,
    ...(next !== undefined && { next }),
  }));
  throw new SluiceError(
    "InvalidInput",
    `The request's ${where} does not fit: ${problems[0]?.path}: ${problems[0]?.message}`,
    {
      problems,
    },
  );
}

/** The request as the route's schemas read it. Throws InvalidInput with every problem of the first part that doesn't fit. */
export function readCall(route: Route, request: FastifyRequest, reply: FastifyReply, by: LetIn): Call<RouteId> {
  const key = request.headers["idempotency-key"];
  return {
    params: part(route.params, request.params, "address"),
    query: part(route.query ?? z.strictObject({}), request.query, "query"),
    body: part(route.body, request.body ?? {}, "body"),
    actor: { kind: "user", name: by.caller.account },
    ...by,
    idempotencyKey: typeof key === "string" && key.length <= 200 ? key : undefined,
    request,
    reply,
  } as Call<RouteId>;
}
