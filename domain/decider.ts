import type { AggregateType } from "../schemas/ids.ts";

/**
 * The pure shape of an aggregate: state is folded from events, a command becomes events or throws. `evolve` never throws
 * and never changes what it is given; `decide` throws a SluiceError for an illegal command and returns [] when there is
 * nothing new to say, so that running it twice is harmless.
 */
export interface Decider<State, Command, Event> {
  aggregate: AggregateType;
  initial: State;
  evolve(state: State, event: Event): State;
  decide(command: Command, state: State): Event[];
}
