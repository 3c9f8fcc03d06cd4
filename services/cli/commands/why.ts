import type { WhyAnswer } from "../../../schemas/api/bodies.ts";
import { age } from "../age.ts";
import { toSluiceError } from "../../../schemas/errors.ts";
import { type Context, usage } from "../context.ts";
import { status } from "../io.ts";
import { harmless } from "../table.ts";

type Cause = WhyAnswer["causes"][number];

/** Causes told of in full; the rest are counted. */
const MOST_TOLD = 3;

/**
 * Says why an application, a promotion or a stage is not as it should be, since when, who can change it, and what to type next. A stage is
 * named PIPELINE/STAGE; an application is looked for before a promotion.
 */
export async function why(context: Context, name: string): Promise<void> {
  const [kind, rest, ...more] = name.split("/");
  if (more.length > 0) throw usage(`${name} names no stage`, "Write it as PIPELINE/STAGE.");
  if (kind !== undefined && rest !== undefined && !/^(application|app)$/.test(kind)) {
    const promotions = await import("./why-promotion.ts");
    if (kind === "promotion") return await promotions.whyPromotion(context, rest);
    return await promotions.whyStage(context, kind, rest);
  }
  await whyApplication(context, rest ?? name, rest === undefined);
}

async function whyApplication(context: Context, application: string, orPromotion: boolean): Promise<void> {
  const answer = await context.client
    .get<WhyAnswer>(`/applications/${encodeURIComponent(application)}/why`)
    .catch(async (thrown: unknown) => {
      if (!orPromotion || toSluiceError(thrown).code !== "NotFound") throw thrown;
      const promotions = await import("./why-promotion.ts");
      if (!(await promotions.namesPromotion(context, application))) {
        await promotions.refusePipeline(context, application);
        throw thrown;
      }
      await promotions.whyPromotion(context, application);
      return undefined;
    });
  if (answer === undefined) return;
  if (await context.showValue(answer)) return;
  const { io } = context;
  io.out(`${harmless(application)} ${standingText(context, answer)}${asOfText(answer)}\n`);
  for (const cause of answer.causes.slice(0, MOST_TOLD)) io.out(tell(cause));
  const more = answer.causes.length - MOST_TOLD;
  if (more > 0) context.note(`${more} more with: sluice why ${application} -o yaml`);
}

function standingText({ io }: Context, { standing, causes }: WhyAnswer): string {
  switch (standing) {
    case "Waiting":
      return "waits before it is synced";
    case "Working":
      return "is being synced";
    case "Failed":
      return status(io, "Failed");
    case "Kept":
      return "is kept as it is by choice";
    case "OutOfSync":
      return `is ${status(io, "OutOfSync")}`;
    case "Unhealthy":
      return `is ${status(io, causes[0]?.reason ?? "Unknown")}`;
    case "AsDesired":
      return causes.length > 0 ? "is as desired; and yet" : "is as desired: it waits for nothing and nothing failed";
  }
}

const asOfText = ({ asOf }: WhyAnswer): string =>
  asOf === undefined ? "" : ` (at ${asOf.revision.slice(0, 8)}, looked at ${age(asOf.at, Date.now())} ago)`;

function tell({ message, since, until, who, next }: Cause): string {
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
