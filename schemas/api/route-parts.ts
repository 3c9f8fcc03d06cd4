import { z } from "zod";
import { NameParams } from "./bodies.ts";

/** What the tables of routes are made of: a page of items, a read, an object by its name, and the errors of a name that may be wrong. */

export const list = (item: z.ZodType) => z.object({ items: z.array(item), continue: z.string().optional() });

export const read = { method: "GET", status: 200 } as const;
export const named = { params: NameParams } as const;
export const MISSING = ["InvalidInput", "NotFound"] as const;
