/** The value below which a share (0 to 1) of the values lies, by the nearest rank; NaN without values. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}

export const median = (values: readonly number[]): number => percentile(values, 0.5);

/** Rounded to three significant digits, which is more than a shared machine can promise. */
export const rounded = (value: number): number => Number(value.toPrecision(3));
