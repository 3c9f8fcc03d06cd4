import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Logger } from "pino";
import { z } from "zod";
import { ReasonText } from "../../schemas/api/plain-text.ts";
import type { RenderedDifference } from "../../schemas/difference.ts";
import { ERRORS, SluiceError } from "../../schemas/errors.ts";
import type { PromotionView } from "../../schemas/promotion-views.ts";
import { type ApprovalLink, checkLink, LINK_PATH, readLink } from "./approval-links.ts";
import { decisionPage, messagePage, PAGE_POLICY } from "./approval-page.ts";
import { type ApprovalPorts, say } from "./approvals.ts";
import type { Authenticate } from "./authenticate.ts";
import type { ApiPorts } from "./ports.ts";
import { answerable } from "./problem-answer.ts";

type Ports = ApprovalPorts & Pick<ApiPorts, "blobs">;

interface PageDependencies {
  /** As the server plugs them in. */
  ports: Ports;
  authenticate: Authenticate;
  now(): Date;
  log: Logger;
}

const BODY_LIMIT = 16 * 1024;
const PURPOSE = "approval-form";

const Form = z.strictObject({
  confirmation: z.string().max(1_000),
  verdict: z.enum(["approve", "reject"]),
  comment: ReasonText.optional(),
});

/**
 * The pages of one-time links. Who has the link is let in by it and by nothing else; getting a page decides nothing, whoever gets it:
 * deciding takes a post from the page itself.
 */
export function registerApprovalPages(app: FastifyInstance, deps: PageDependencies): void {
  void app.register((scope, _options, registered) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser("application/x-www-form-urlencoded", { parseAs: "string" }, (_request, body, parsed) => {
      parsed(null, Object.fromEntries(new URLSearchParams(String(body))));
    });
    scope.setErrorHandler((thrown, request, reply) => {
      const error = answerable(thrown);
      if (error.code === "Internal")
        deps.log.error({ err: error.cause ?? error, route: request.routeOptions.url }, "request failed");
      const { status, title } = ERRORS[error.code];
      const said = error.code === "Internal" ? title : error.message;
      return page(reply.code(status), messagePage("This can't be decided here", said, error.next));
    });
    scope.get(`${LINK_PATH}*`, async (request, reply) => {
      const { link, promotion } = await found(deps, request);
      return page(reply, await shown(deps, link, promotion, tokenOf(request)));
    });
    scope.post(`${LINK_PATH}*`, { bodyLimit: BODY_LIMIT }, async (request, reply) =>
      page(reply, await decided(deps, request)),
    );
    registered();
  });
}

const page = (reply: FastifyReply, html: string): FastifyReply =>
  reply
    .type("text/html; charset=utf-8")
    .header("content-security-policy", PAGE_POLICY)
    .header("x-frame-options", "DENY")
    // To nobody else, as the address is all that it takes.
    .header("referrer-policy", "same-origin")
    .header("x-robots-tag", "noindex, nofollow")
    .send(html);

const tokenOf = (request: FastifyRequest): string => (request.params as { "*": string })["*"];

/** The link that a request comes with, and its promotion as everybody sees it now. */
async function found(
  deps: PageDependencies,
  request: FastifyRequest,
): Promise<{ link: ApprovalLink; promotion: PromotionView }> {
  const link = readLink(deps.ports.seals, tokenOf(request));
  const caller = deps.authenticate(request.headers.authorization);
  if (caller && caller.account !== link.person) {
    throw new SluiceError("Forbidden", `This link is not ${caller.account}'s`, {
      next: "Decide with your own account.",
    });
  }
  const { projector, ledger, views } = deps.ports;
  await projector.reached(await ledger.last());
  const promotion = views.get("promotions", `${link.pipeline}/${link.promotion}`);
  return { link, promotion: checkLink(link, promotion, deps.now()) };
}

async function shown(
  deps: PageDependencies,
  link: ApprovalLink,
  promotion: PromotionView,
  token: string,
): Promise<string> {
  const { views, blobs } = deps.ports;
  const source = views.get("pipelines", link.pipeline)?.spec.releaseSource;
  const release = source === undefined ? undefined : views.get("releases", `${source}/${link.release}`);
  const difference = await blobs.getJson<RenderedDifference>(promotion.difference!.blob);
  return decisionPage({ link, promotion, release, difference, confirmation: confirmationOf(deps, token) });
}

/** Only who was shown the page has it: what follows links by itself, or makes others' browsers post, does not. */
const confirmationOf = ({ ports: { seals } }: PageDependencies, token: string): string =>
  seals.seal(PURPOSE, token.slice(-32), token);

async function decided(deps: PageDependencies, request: FastifyRequest): Promise<string> {
  checkOrigin(request);
  const { link, promotion } = await found(deps, request);
  const { confirmation, verdict, comment } = formOf(request.body);
  if (confirmation !== confirmationOf(deps, tokenOf(request))) throw notFromHere();
  const { gate, person, by: linkBy } = link;
  const word = { verdict, person, gate, difference: link.diff, comment, via: "link", linkBy, now: deps.now() } as const;
  const { changed, required, stage } = await say(deps.ports, promotion, word);
  const said = verdict === "approve" ? "approved" : "rejected";
  if (!changed) return messagePage("Said before", `${person} has ${said} this already; it counts once.`);
  const more = required > 1 && verdict === "approve" ? ` It takes ${required} different people.` : "";
  return messagePage(
    verdict === "approve" ? "Approved" : "Rejected",
    `${person} has ${said} promotion ${promotion.promotion} into ${stage} at the gate ${gate}.${more}`,
    "This link is used up; the page can be closed.",
  );
}

function formOf(body: unknown): z.output<typeof Form> {
  const given = { ...(body as Record<string, string> | undefined) };
  if ((given["comment"] ?? "").trim() === "") delete given["comment"];
  const parsed = Form.safeParse(given);
  if (parsed.success) return parsed.data;
  const comment = parsed.error.issues.some(({ path }) => path[0] === "comment");
  if (comment) throw new SluiceError("InvalidInput", "The comment is too long, or holds control characters");
  throw notFromHere();
}

/** Browsers say where a post comes from; one of another page is not the person's. */
function checkOrigin({ headers }: FastifyRequest): void {
  const site = headers["sec-fetch-site"];
  if (site !== undefined ? site !== "same-origin" : isOther(headers.origin, headers.host)) throw notFromHere();
}

const isOther = (origin: string | undefined, host: string | undefined): boolean =>
  origin !== undefined && (!URL.canParse(origin) || new URL(origin).host !== host);

const notFromHere = (): SluiceError =>
  new SluiceError("Forbidden", "This was not sent from the page of the link", {
    next: "Open the link, and decide there.",
  });
