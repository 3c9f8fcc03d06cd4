import { z } from "zod";
import { ACTION_NAMES } from "../action.ts";
import { ActorSchema, StringMap } from "../facts.ts";

const Asked = {
  /** Id of the request. */
  request: z.string(),
  action: z.enum(ACTION_NAMES),
  /** `group/Kind/namespace/name` */
  object: z.string(),
  parameters: StringMap,
  by: ActorSchema,
};

/** Events of an application about actions on its objects. */
export const actionEvents = {
  ActionSucceeded: z.object({
    ...Asked,
    /** The object that it made, where it makes one. */
    created: z.string().optional(),
  }),
  ActionFailed: z.object({ ...Asked, code: z.string(), message: z.string() }),
} as const;
