import type { ApplicationEvent } from "../../schemas/events/index.ts";
import type { Decider } from "../decider.ts";
import type { Command } from "./command.ts";
import { decide } from "./decide.ts";
import { evolve } from "./evolve.ts";
import { type ApplicationState, initialApplication } from "./state.ts";

/** The aggregate `application`. */
export const applicationDecider: Decider<ApplicationState, Command, ApplicationEvent> = {
  aggregate: "application",
  initial: initialApplication,
  evolve,
  decide,
};
