import type { Decision } from "../../../activities/promotion/steps.ts";
import { PipelineSpec } from "../../../schemas/kinds/pipeline.ts";
import type { RenderedDifference } from "../../../schemas/difference.ts";
import type { PromotionView } from "../../../schemas/promotion-views.ts";
import { apiInstance } from "./instance.ts";

export const RELEASE = "a".repeat(40);
export const DIFF = "d".repeat(64);
export const AT = Date.parse("2026-01-01T00:00:00Z");
export const PROMOTION_PATH = "/pipelines/shop/promotions/prod-1";
const COUNTS = { applications: 1, created: 1, changed: 1, deleted: 0, unchanged: 4 };

/** What would run in a browser, or close what it stands in. */
export const MARKUP = `"><script>alert('x')</script><img src=x onerror=alert(1)>&amp;`;

const account = (name: string, spec: object) =>
  JSON.stringify({ apiVersion: "sluice.dev/v1", kind: "Account", metadata: { name }, spec });

const difference: RenderedDifference = {
  ...{ version: 1, pipeline: "shop", stage: "prod", release: RELEASE, counts: COUNTS, contents: [] },
  applications: [
    {
      ...{ application: "web", cluster: "eu", wave: 0, from: null, to: "1".repeat(40) },
      counts: { created: 1, changed: 1, deleted: 0, unchanged: 4 },
      objects: [
        {
          ...{ object: `apps/Deployment/shop/${MARKUP}`, change: "changed" },
          fields: [{ path: `spec.${MARKUP}`, was: MARKUP, is: `"\u202etxt.exe"` }],
        },
      ],
    },
  ],
  commits: [
    {
      ...{ subscription: "code", repoURL: "https://git.example/shop", from: "1", to: "2", direction: "forward" },
      commits: [{ commit: "c".repeat(40), subject: `fix ${MARKUP}`, author: { name: MARKUP, email: "x@y" }, at: "" }],
    },
  ],
};

const promotion: PromotionView = {
  ...{ promotion: "prod-1", pipeline: "shop", stage: "prod", release: RELEASE, phase: "Waiting" },
  trigger: { type: "manual", actor: { kind: "user", name: "starter" }, cause: "x" },
  ...{ requestedAt: "", approvals: [], targets: [], waves: [], verifications: [], firstSequence: 1, lastSequence: 2 },
  difference: { digest: DIFF, blob: DIFF, counts: COUNTS, at: "" },
  gates: [
    {
      gate: "sign-off",
      type: "approval",
      state: "wait",
      reason: "ApprovalsMissing",
      message: "",
      evidence: {},
      at: "",
    },
  ],
};

/** An API with a promotion that waits for two of `sre`, and accounts; decisions come to `decided`. */
export async function waitingPromotion() {
  let time = AT;
  const instance = await apiInstance({ now: () => new Date(time) });
  const { table, blobs, ports, call, apply, app } = instance;
  await apply(
    [
      account("ada", { groups: ["sre"] }),
      account("bob", { groups: ["sre"], role: "operator" }),
      account("eve", {}),
      account("boss", { role: "admin" }),
    ].join("\n---\n"),
  );
  const approval = { required: 2, groups: ["sre"] };
  const stage = { name: "prod", applications: { names: ["*"] }, gates: [{ name: "sign-off", approval }] };
  const spec = PipelineSpec.parse({ releaseSource: "shop", stages: [stage] });
  table("pipelines").set("shop", { name: "shop", spec, stages: [], emergencies: [] });
  const release = { source: "shop", release: RELEASE, alias: `brave-${MARKUP}`, commits: [] };
  table("releases").set(`shop/${RELEASE}`, release);
  table("promotions").set("shop/prod-1", promotion);
  blobs.set(DIFF, difference);

  const decided: { pipeline: string; stage: string; decision: Decision }[] = [];
  ports.decide = async (pipeline, stage_, decision) => {
    decided.push({ pipeline, stage: stage_, decision });
    return { sequence: 7, news: true };
  };
  const view = (more: Partial<PromotionView>) => table("promotions").set("shop/prod-1", { ...promotion, ...more });
  const tokenOf = async (name: string) =>
    ((await call("POST", `/accounts/${name}/tokens`, {})).body as { token: string }).token;
  const as = async (name: string, path: string, body: object) =>
    await call("POST", path, body, { authorization: `Bearer ${await tokenOf(name)}` });
  const linkFor = async (person: string, body: object = {}): Promise<string> =>
    ((await call("POST", `${PROMOTION_PATH}/approval-links`, { person, ...body })).body as { path: string }).path;
  const show = async (path: string, headers: object = {}) =>
    await app.inject({ method: "GET", url: path, headers: headers as Record<string, string> });
  const post = async (path: string, fields: Record<string, string>, headers: object = {}) =>
    await app.inject({
      ...{ method: "POST", url: path, payload: new URLSearchParams(fields).toString() },
      headers: { "content-type": "application/x-www-form-urlencoded", ...headers },
    });
  const confirmationOf = async (path: string): Promise<string> =>
    /name="confirmation" value="([^"]+)"/.exec((await show(path)).body)?.[1] ?? "";
  return {
    ...instance,
    decided,
    view,
    as,
    linkFor,
    show,
    post,
    confirmationOf,
    tokenOf,
    pass: (ms: number) => (time += ms),
  };
}
