import type { WhyAnswer } from "../../../schemas/api/bodies.ts";
import { age } from "../age.ts";
import type { Context } from "../context.ts";
import { status } from "../io.ts";
import { harmless } from "../table.ts";

/** Causes told of in full; the rest are counted. */
const MOST_TOLD = 3;

/** Says why an application is not as it should be, since when, who can change it, and what to type next. */
export async function why(context: Context, name: string): Promise<void> {
  const application = name.replace(/^(application|app)\//, "");
  const answer = await context.client.get<WhyAnswer>(`/applications/${encodeURIComponent(application)}/why`);
  if (await context.showValue(answer)) return;
  const { io } = context;
  if (answer.causes.length === 0) {
    io.out(`${application} is as desired: it waits for nothing and nothing failed.\n`);
    return;
  }
  io.out(`${application} is ${status(io, answer.standing)}\n`);
  for (const cause of answer.causes.slice(0, MOST_TOLD)) io.out(tell(cause));
  const more = answer.causes.length - MOST_TOLD;
  if (more > 0) context.note(`${more} more with: sluice why ${application} -o yaml`);
}

function tell({ message, since, until, who, next }: WhyAnswer["causes"][number]): string {
  const now = Date.now();
  const times = [
    ...(since === undefined ? [] : [`for ${age(since, now)}`]),
    ...(until === undefined ? [] : [`until ${until} at the latest`]),
  ];
  const lines = [
    `  ${message}${times.length > 0 ? ` (${times.join(", ")})` : ""}`,
    `    who can change it: ${who}`,
    `    next: ${next}`,
  ];
  return lines.map((line) => `${harmless(line)}\n`).join("");
}
