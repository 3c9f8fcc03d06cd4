import { z } from "zod";
import { ERRORS, type ErrorCode, type Problem, SluiceError } from "../errors.ts";

const CODES = Object.keys(ERRORS) as [ErrorCode, ...ErrorCode[]];

/** One thing wrong with an input. */
export const ProblemItem = z
  .object({
    file: z.string().optional(),
    line: z.int().optional(),
    column: z.int().optional(),
    path: z.string().optional().describe("Dotted path, as in `spec.source.repoURL`."),
    message: z.string(),
    next: z.string().optional().describe("What to do about it."),
  })
  .meta({ id: "ProblemItem" });

/** The body of every error answer: problem details of RFC 9457, with the code of the table and the next step. */
export const ProblemDetails = z
  .object({
    type: z.string().describe("`urn:sluice:error:<code>`"),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    code: z.enum(CODES),
    next: z.string().optional(),
    problems: z.array(ProblemItem).optional(),
  })
  .meta({ id: "ProblemDetails" });
export type ProblemDetails = z.output<typeof ProblemDetails>;

/** The problem details of an error. What went wrong inside Sluice itself stays in the log. */
export function problemDetails(error: SluiceError): ProblemDetails {
  const { status, title } = ERRORS[error.code];
  const inner = error.code === "Internal";
  return {
    type: `urn:sluice:error:${error.code}`,
    title,
    status,
    detail: inner ? "The server's log has the reason." : error.message,
    code: error.code,
    ...(error.next !== undefined && !inner && { next: error.next }),
    ...(error.problems.length > 0 && { problems: error.problems.map((problem) => ({ ...problem })) }),
  };
}

/** The error that problem details stand for; undefined when the value is none. */
export function errorOfProblem(value: unknown): SluiceError | undefined {
  const parsed = ProblemDetails.safeParse(value);
  if (!parsed.success) return undefined;
  const { code, detail, next, problems } = parsed.data;
  return new SluiceError(code, detail, {
    ...(next !== undefined && { next }),
    ...(problems && { problems: problems as Problem[] }),
  });
}
