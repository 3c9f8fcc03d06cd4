/** What crosses between the workflow of a break-glass and its activities. */
export interface BreakGlassSteps {
  /** How the break-glass stands; one whose time is over is ended by it. */
  followBreakGlass(input: { application: string }): Promise<Followed>;
  /** Puts back or commits what was changed by hand, and records what became of it. Running it twice is harmless. */
  resolveBreakGlass(input: { application: string; id: string }): Promise<void>;
}

/** How a break-glass stands. */
export type Followed =
  | { status: "none" }
  | { status: "on"; leftMs: number }
  /** It is over, and the difference still to be seen to. */
  | { status: "over"; id: string }
  /** The difference could not be seen to as it was asked for: somebody has to say what shall become of it. */
  | { status: "undecided" };
