import { z } from "zod";

// Control characters, and signs that turn the direction of writing: a terminal or a log would obey them.
const OBEYED = /[\p{Cc}\u202a-\u202e\u2066-\u2069]/u;

/** One line that people read; what a terminal would obey is refused. */
export const Line = z
  .string()
  .min(1)
  .max(200)
  .refine((text) => !OBEYED.test(text), { message: "must not hold control characters" });

/** Why somebody does something, in one or more lines. */
export const ReasonText = z
  .string()
  .trim()
  .min(1)
  .max(1_000)
  .refine((text) => !OBEYED.test(text.replaceAll(/[\t\n]|\r\n/g, " ")), {
    message: "must not hold control characters",
  });
