import { OWN_ACCOUNT, SLUICE } from "../../domain/account/state.ts";
import { authorsBrought, named } from "../../domain/approval/authors.ts";
import { ruling, type Weighed } from "../../domain/approval/decide.ts";
import { type Person, personOf } from "../../domain/approval/person.ts";
import type { Decider } from "../../domain/decider.ts";
import { pipelineDecider } from "../../domain/promotion/decider.ts";
import type { PipelineState } from "../../domain/promotion/state.ts";
import type { ReleaseSummary } from "../../domain/release/state.ts";
import { SluiceError } from "../../schemas/errors.ts";
import type { PipelineEvent } from "../../schemas/events/index.ts";
import { promotionMessageId } from "../../schemas/ids.ts";
import type { AccountSpec } from "../../schemas/kinds/account.ts";
import type { GatePolicySpec } from "../../schemas/kinds/gate-policy.ts";
import type { PipelineSpec } from "../../schemas/kinds/pipeline.ts";
import type { Actor } from "../../schemas/operation.ts";
import type { ReleaseView } from "../../schemas/promotion-views.ts";
import type { Decided, Decision, StageKey } from "./steps.ts";

/** The pipeline's own decider, which is asked only what a word comes to by the state at hand. */
export type DecisionDecider = Decider<PipelineState, Decision, PipelineEvent>;

/** What recording a person's word takes. Everything is read from the ledger, not from views that may be behind. */
export interface ApproveDeps {
  pipelines: {
    load(name: string): Promise<PipelineState>;
    /** Load, decide with this decider, append with the expected place; again with what another writer wrote. */
    execute(
      decider: DecisionDecider,
      name: string,
      decision: Decision,
      meta: { at: string; actor: Actor; cause: string; messageId: string },
    ): Promise<{ sequence: number; events: number }>;
  };
  /** Undefined for an account that is not there. */
  account(name: string): Promise<AccountSpec | undefined>;
  policy(name: string): Promise<GatePolicySpec | undefined>;
  /** Releases of a source, oldest first. */
  releases(source: string): Promise<readonly ReleaseSummary[]>;
  /** Undefined while it is not known here yet. */
  release(
    source: string,
    release: string,
  ): Promise<Pick<ReleaseView, "release" | "authors" | "commits" | "by"> | undefined>;
  /** RFC 3339. */
  now(): string;
}

/**
 * Records a person's yes or no. Who may, whose own it is, and what it is bound to are looked at with the very state that is appended to, so
 * that of two words at once each is weighed against the other. What is wrong with it is an answer, not a failure.
 */
export function createDecideGate(deps: ApproveDeps): (input: StageKey & { decision: Decision }) => Promise<Decided> {
  return async ({ pipeline, decision }) => {
    try {
      return await record(deps, pipeline, decision);
    } catch (thrown) {
      if (!(thrown instanceof SluiceError) || thrown.retryable || thrown.code === "Internal") throw thrown;
      const { code, message, next } = thrown;
      return { status: "refused", code, message, ...(next !== undefined && { next }) };
    }
  };
}

async function record(deps: ApproveDeps, pipeline: string, decision: Decision): Promise<Decided> {
  const weighed = await weigh(deps, pipeline, decision);
  const { promotion, gate, verdict, by, via } = decision;
  const meta = {
    at: weighed.now,
    actor: by,
    cause: `${via}/${verdict}`,
    // Of the instant: the same word may be said again after the first expired.
    messageId: promotionMessageId(promotion, verdict, gate, by.name, weighed.now),
  };
  const { sequence, events } = await deps.pipelines.execute(weighing(weighed), pipeline, decision, meta);
  return { status: "recorded", sequence, news: events > 0 };
}

const weighing = (weighed: Weighed): DecisionDecider => ({
  ...pipelineDecider,
  decide: (decision, state) => {
    const ruled = ruling(state, decision, weighed);
    return ruled.do === "nothing" ? [] : pipelineDecider.decide(ruled.command, state);
  },
});

/** Everything that a word is weighed by, as it is now. */
async function weigh(deps: ApproveDeps, pipeline: string, decision: Decision): Promise<Weighed> {
  const { promotion: id, by } = decision;
  const state = await deps.pipelines.load(pipeline);
  const { configuration } = state;
  if (!configuration) throw new SluiceError("NotFound", `There is no Pipeline ${pipeline}`);
  const { spec } = configuration;
  const [account, maker, releases, policies] = await Promise.all([
    accountOf(deps, by.name),
    makerOf(deps, decision),
    deps.releases(spec.releaseSource),
    policiesOf(deps, spec),
  ]);
  const more = { person: personOf(by.name, account), maker, policies, now: deps.now() };
  const promotion = state.promotions[id];
  // The ruling says what is wrong with one that is not there.
  if (!promotion) return { ...more, authors: [] };
  const release = await deps.release(spec.releaseSource, promotion.release);
  if (!release) {
    throw new SluiceError(
      "Unavailable",
      `Release ${promotion.release} of ${spec.releaseSource} is not known here yet`,
      {
        next: "try again",
      },
    );
  }
  const verified = state.stages[promotion.stage]?.verified.some((one) => one.release === promotion.release) ?? false;
  const authors = authorsBrought(releases, { from: promotion.from, release, verified });
  return { ...more, authors: [...authors, ...named(promotion.trigger.actor)] };
}

/** The account as it is now: a link outlives its person's leave. The server's own account needs no description. */
async function accountOf({ account }: Pick<ApproveDeps, "account">, name: string): Promise<AccountSpec | undefined> {
  const spec = await account(name);
  if (spec ? !spec.disabled : name === OWN_ACCOUNT) return spec;
  throw new SluiceError("Forbidden", `The account ${name} ${spec ? "is disabled" : "is not there any more"}`);
}

/** Who made the link that a word comes by: not the person, and not Sluice itself. */
async function makerOf(
  { account }: Pick<ApproveDeps, "account">,
  { linkBy, by }: Decision,
): Promise<Person | undefined> {
  if (linkBy === undefined || linkBy === by.name || linkBy === SLUICE) return undefined;
  return personOf(linkBy, await account(linkBy));
}

/** The policies that the gates of a pipeline name, as far as they are there. */
async function policiesOf(
  { policy }: Pick<ApproveDeps, "policy">,
  { stages }: PipelineSpec,
): Promise<ReadonlyMap<string, GatePolicySpec>> {
  const names = stages.flatMap(({ gates }) => gates.flatMap((gate) => gate.policy ?? []));
  const found = await Promise.all([...new Set(names)].map(async (name) => [name, await policy(name)] as const));
  return new Map(found.flatMap(([name, spec]) => (spec === undefined ? [] : [[name, spec] as const])));
}
