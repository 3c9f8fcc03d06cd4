import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import type { GitFixture } from "../../adapters/embedded/index.ts";
import type { IssuedToken } from "../../schemas/api/account-routes.ts";
import type { PipelineView, PromotionView, StageView } from "../../schemas/promotion-views.ts";
import type { DemoApi } from "./demo-api.ts";
import { exampleFiles } from "./example-files.ts";
import type { Narrator } from "./narrator.ts";
import { Failure, type WaitFor } from "./waiting.ts";

/** What the second half of the demo plays with. */
export interface PromotionStoryOptions {
  api: DemoApi;
  narrator: Narrator;
  /** Folder of the configuration. */
  example: string;
  repoURL: string;
  repository: GitFixture;
  /** Address of the server. */
  url: string;
  waitFor: WaitFor;
  /** Tells of a push as the Git server would. */
  pushed(commit: string): Promise<void>;
}

const PIPELINE = "checkout";
const PROGRAM = join(import.meta.dirname, "..", "..", "bin", "sluice");
const run = promisify(execFile);

/**
 * A release goes from staging to prod behind a verification and a person's yes; a bad one never reaches prod; one that fails in prod's
 * first wave is rolled back by itself. Throws when anything is not as it should be.
 */
export async function tellOfPromotion(options: PromotionStoryOptions): Promise<void> {
  const { api, narrator, example, repoURL } = options;
  const stage = stages(options);
  await narrator.step(
    "sluice apply: a pipeline from staging to prod, behind a smoke test and an approval",
    async () => {
      await api.apply(await exampleFiles(example, repoURL));
      await stage.promoted("staging", 1);
    },
  );

  const good = await push(options, "1.1.0", "git commit: checkout 1.1.0; signed webhook: a release is made of it");
  await narrator.step("staging is Synced and Healthy at exactly this commit, its smoke test passed", () =>
    stage.verified("staging", good),
  );
  const waiting = await narrator.step(
    "prod waits for one of the release managers; nothing there has changed",
    async () => {
      const promotion = await stage.waitsForApproval("prod", good);
      await untouched(options, ["checkout-eu", "checkout-us"]);
      return promotion;
    },
  );
  narrator.say(`             ${changes(waiting)}`);
  await narrator.step("sluice approve, as ada: prod goes on, europe first, then america", async () => {
    await approve(options, waiting);
    await stage.verified("prod", good);
    const { waves } = await promotionOf(api, waiting.promotion);
    const [europe, america] = waves;
    if (!(Date.parse(america?.startedAt ?? "") >= Date.parse(europe?.completedAt ?? ""))) {
      throw new Error("america did not wait for europe");
    }
  });

  const bad = await push(options, "1.2.0-imagepullbackoff", "git commit: checkout 1.2.0, whose image does not exist");
  await narrator.step("staging fails and goes back by itself; prod was never touched", async () => {
    await stage.failed("staging", bad);
    await stage.at("staging", good);
    await stage.at("prod", good);
    if ((await promotions(api, "prod")).some(({ release }) => release === bad.release)) {
      throw new Error("the bad release reached prod");
    }
  });

  const worse = await narrator.step(
    "git commit: checkout 1.3.0, with a payment service that crashes in europe only",
    () =>
      commit(options, "1.3.0", {
        "apps/checkout/overlays/eu/payment.yaml": (text) =>
          text.replace("payment:2.0.0", "payment:2.1.0-crashloopbackoff"),
      }),
  );
  await narrator.step(
    "staging takes it, ada approves, europe fails: prod is rolled back, america never saw it",
    async () => {
      const found = await releaseOf(options, worse);
      await stage.verified("staging", found);
      await approve(options, await stage.waitsForApproval("prod", found));
      await stage.failed("prod", found);
      await stage.at("prod", good);
      const { targets } = (await promotions(api, "prod")).find(({ release }) => release === found.release)!;
      if (targets.some(({ application }) => application === "checkout-us")) throw new Error("america was touched");
    },
  );
  narrator.say("             sluice promotion list checkout, sluice why checkout/prod and sluice dora tell the same.");
}

interface Release {
  commit: string;
  release: string;
}

const promotions = async (api: DemoApi, stage: string): Promise<PromotionView[]> =>
  (await api.get<{ items: PromotionView[] }>(`/promotions?pipeline=${PIPELINE}&stage=${stage}`)).items;

const promotionOf = (api: DemoApi, promotion: string): Promise<PromotionView> =>
  api.get(`/pipelines/${PIPELINE}/promotions/${promotion}`);

const changes = ({ difference }: PromotionView): string => {
  const { applications, created, changed, deleted } = difference!.counts;
  return `it would create ${created}, change ${changed} and delete ${deleted} objects in ${applications} applications`;
};

/** Commits another version of checkout and tells of it. */
async function commit(
  { repository, pushed }: PromotionStoryOptions,
  version: string,
  more: Record<string, (text: string) => string> = {},
): Promise<string> {
  const edits: Record<string, (text: string) => string> = {
    "apps/checkout/base/kustomization.yaml": (text) => text.replace(/newTag: .*/, `newTag: ${version}`),
    ...more,
  };
  const files: Record<string, string> = {};
  for (const [path, edit] of Object.entries(edits)) files[path] = edit(await repository.read(path));
  const made = await repository.commit(files, `Checkout ${version}`);
  await pushed(made);
  return made;
}

const push = (options: PromotionStoryOptions, version: string, title: string): Promise<Release> =>
  options.narrator.step(title, async () => releaseOf(options, await commit(options, version)));

async function releaseOf({ api, waitFor }: PromotionStoryOptions, made: string): Promise<Release> {
  let release: string | undefined;
  await waitFor("the release", async () => {
    const { items } = await api.get<{ items: { release: string; content: { commits: { commit: string }[] } }[] }>(
      `/releasesources/${PIPELINE}/releases`,
    );
    release = items.find(({ content }) => content.commits.some((one) => one.commit === made))?.release;
    return release !== undefined;
  });
  return { commit: made, release: release! };
}

/** An application that prod's first promotion has yet to reach has nothing deployed. */
async function untouched({ api }: PromotionStoryOptions, applications: string[]): Promise<void> {
  for (const name of applications) {
    const { status } = await api.application(name);
    if (status.deployed !== undefined) throw new Error(`${name} was touched`);
  }
}

async function approve({ api, url }: PromotionStoryOptions, { promotion }: PromotionView): Promise<void> {
  const { token } = await api.post<IssuedToken>("/accounts/ada/tokens", { expiresIn: "10m" });
  const env = { ...process.env, SLUICE_SERVER: url, SLUICE_TOKEN: token };
  await run(PROGRAM, ["approve", promotion, "--yes", "--comment", "looks good"], { env });
}

/** Waiting for what becomes of a stage. */
function stages({ api, waitFor }: PromotionStoryOptions) {
  const stageOf = async (name: string): Promise<StageView> => {
    const { status } = await api.get<{ status: PipelineView }>(`/pipelines/${PIPELINE}`);
    return status.stages.find((stage) => stage.name === name)!;
  };
  const find = async (name: string, { release }: Release): Promise<PromotionView | undefined> =>
    (await promotions(api, name)).find((one) => one.release === release && one.trigger.type !== "rollback");
  const failedNot = (promotion: PromotionView | undefined): void => {
    if (promotion?.result === "Failed") throw new Failure(`${promotion.stage}: ${promotion.message ?? "failed"}`);
  };
  return {
    promoted: (name: string, count: number) =>
      waitFor(`${name} to have ${count} releases`, async () => {
        const ended = (await promotions(api, name)).filter(({ result }) => result === "Succeeded");
        return ended.length >= count;
      }),
    verified: (name: string, release: Release) =>
      waitFor(`${name} to verify it`, async () => {
        failedNot(await find(name, release));
        const { current } = await stageOf(name);
        return current?.release === release.release && current.verifiedAt !== undefined;
      }),
    failed: (name: string, release: Release) =>
      waitFor(`${name} to fail`, async () => (await find(name, release))?.result === "Failed"),
    at: (name: string, { release }: Release) =>
      waitFor(`${name} to be at ${release.slice(0, 7)}`, async () => {
        const { current, running, applications } = await stageOf(name);
        const all = Object.values(applications).every((one) => one.release === release);
        return current?.release === release && running === undefined && all;
      }),
    async waitsForApproval(name: string, release: Release): Promise<PromotionView> {
      let found: PromotionView | undefined;
      await waitFor(`${name} to wait for an approval`, async () => {
        found = await find(name, release);
        failedNot(found);
        const asks = found?.gates.some(({ type, state }) => type === "approval" && state === "wait");
        return asks === true && found?.difference !== undefined;
      });
      return found!;
    },
  };
}
