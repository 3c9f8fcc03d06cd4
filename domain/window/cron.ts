/** A cron expression of five fields, each the values it allows. */
export interface Cron {
  minutes: ReadonlySet<number>;
  hours: ReadonlySet<number>;
  /** 1 to 31. */
  days: ReadonlySet<number>;
  /** 1 to 12. */
  months: ReadonlySet<number>;
  /** 0 is Sunday. */
  weekdays: ReadonlySet<number>;
  /** Both days and weekdays are restricted: then one of the two is enough, as cron has had it since Version 7 Unix. */
  either: boolean;
}

interface Field {
  name: string;
  least: number;
  most: number;
  names?: readonly string[];
}

const MONTHS = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const WEEKDAYS = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];
const FIELDS = [
  { name: "minute", least: 0, most: 59 },
  { name: "hour", least: 0, most: 23 },
  { name: "day of month", least: 1, most: 31 },
  { name: "month", least: 1, most: 12, names: MONTHS },
  { name: "day of week", least: 0, most: 7, names: WEEKDAYS },
] as const satisfies Field[];

const MACROS: Readonly<Record<string, string>> = {
  "@hourly": "0 * * * *",
  "@daily": "0 0 * * *",
  "@midnight": "0 0 * * *",
  "@weekly": "0 0 * * 0",
  "@monthly": "0 0 1 * *",
  "@yearly": "0 0 1 1 *",
  "@annually": "0 0 1 1 *",
};

/** A cron expression taken apart, or why it is none: five fields with lists, ranges, steps and names, or `@daily` and its like. */
export function parseCron(text: string): Cron | { problem: string } {
  const given = text.trim();
  const expression = given.startsWith("@") ? MACROS[given.toLowerCase()] : given;
  if (expression === undefined) return { problem: `${given} is none of ${Object.keys(MACROS).join(", ")}` };
  const parts = expression.split(/\s+/);
  if (parts.length !== FIELDS.length) {
    const has = given === "" ? "none" : String(parts.length);
    return { problem: `has ${has} of five fields: minute, hour, day of month, month, day of week` };
  }
  const read = FIELDS.map((field, index) => parseField(parts[index]!, field));
  const wrong = read.find((values) => "problem" in values);
  if (wrong && "problem" in wrong) return wrong;
  const [minutes, hours, days, months, weekdays] = read as [
    Set<number>,
    Set<number>,
    Set<number>,
    Set<number>,
    Set<number>,
  ];
  if (weekdays.delete(7)) weekdays.add(0);
  const either = !isAny(parts[2]!) && !isAny(parts[4]!);
  return { minutes, hours, days, months, weekdays, either };
}

/** A field that begins with a star restricts nothing as far as the rule of the two day fields goes. */
const isAny = (part: string): boolean => /^[*?]/.test(part);

function parseField(part: string, field: Field): Set<number> | { problem: string } {
  const values = new Set<number>();
  for (const item of part.split(",")) {
    const range = parseRange(item, field);
    if ("problem" in range) return { problem: `${field.name} ${range.problem}` };
    for (let value = range.from; value <= range.to; value += range.step) values.add(value);
  }
  return values;
}

type Range = { from: number; to: number; step: number };

function parseRange(item: string, field: Field): Range | { problem: string } {
  const match = /^([^-/]+)(?:-([^-/]+))?(?:\/(\d+))?$/.exec(item);
  if (!match) return { problem: item === "" ? "has an empty item" : `${item} is not understood` };
  const [, first, last, stepText] = match;
  const step = stepText === undefined ? 1 : Number(stepText);
  if (step < 1) return { problem: `${item} has no step` };
  if (first === "*" || first === "?") {
    if (last !== undefined) return { problem: `${item} is not understood` };
    // Seven is another name of Sunday, not an eighth day.
    return { from: field.least, to: field.names === WEEKDAYS ? 6 : field.most, step };
  }
  const from = valueOf(first!, field);
  // `5/10` goes on to the end of the field.
  const to = last === undefined ? (stepText === undefined ? from : field.most) : valueOf(last, field);
  if (from === undefined || to === undefined) {
    return { problem: `${item} is not within ${field.least} to ${field.most}${named(field)}` };
  }
  if (from > to) return { problem: `${item} ends before it begins` };
  return { from, to, step };
}

const named = ({ names }: Field): string => (names ? ` nor ${names[0]} to ${names.at(-1)}` : "");

function valueOf(text: string, { least, most, names }: Field): number | undefined {
  const at = names?.indexOf(text.toUpperCase()) ?? -1;
  const value = at >= 0 ? at + (least === 0 ? 0 : 1) : /^\d{1,2}$/.test(text) ? Number(text) : Number.NaN;
  return value >= least && value <= most ? value : undefined;
}

/** Whether no day is left out. */
export function isEveryDay({ days, months, weekdays, either }: Cron): boolean {
  const all = [days.size === 31, weekdays.size === 7];
  return months.size === 12 && (either ? all.some(Boolean) : all.every(Boolean));
}

/** Whether a date is one of the expression's: months from 1, Sunday 0. */
export function onDay(
  { days, months, weekdays, either }: Cron,
  date: { month: number; day: number; weekday: number },
): boolean {
  if (!months.has(date.month)) return false;
  const byDay = days.has(date.day);
  const byWeekday = weekdays.has(date.weekday);
  return either ? byDay || byWeekday : byDay && byWeekday;
}
