const { rawJSON } = JSON as unknown as { rawJSON(text: string): unknown };

/** JSON of a value whose big integers are bigint: they are written as integers. */
export const jsonWithBigInts = (value: unknown): string =>
  JSON.stringify(value, (_key, item: unknown) => (typeof item === "bigint" ? rawJSON(item.toString()) : item));
