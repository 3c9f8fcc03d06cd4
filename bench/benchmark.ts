/** One number of a run. `ratio` says against what of the same run it is to be read. */
export interface Figure {
  what: string;
  value: number;
  unit: string;
  /** What DESIGN.md allows, as it is written there. */
  budget?: string;
}

/** What a benchmark is given. */
export interface BenchContext {
  /** A line on standard error about how far it is. */
  progress(text: string): void;
  /** Whether the sizes that take many minutes are run too. */
  large: boolean;
}

/** One question about Sluice's speed or size, answered by figures of one run. */
export interface Benchmark {
  name: string;
  /** One line for --help. */
  summary: string;
  run(context: BenchContext): Promise<Figure[]>;
}
