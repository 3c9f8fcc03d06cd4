import { afterAll, beforeAll, expect, test } from "vitest";
import type { GitFixture } from "../../adapters/embedded/index.ts";
import { tokenOf } from "../../services/demo/playground.ts";
import { configMap } from "../fixtures/configuration.ts";
import { pipeline, promoted, release, releaseSource } from "../fixtures/promotions.ts";
import { Stack, until } from "../fixtures/stack.ts";
import { cli, type Ran } from "../services/cli/cli.ts";

/** What an operator types to bring releases into stages, on real servers. */

let stack: Stack;
let git: GitFixture;
let repoURL: string;
let approver: string;

const account = (name: string, spec: object): object => ({
  apiVersion: "sluice.dev/v1",
  kind: "Account",
  metadata: { name },
  spec,
});

beforeAll(async () => {
  stack = await Stack.start({ controllers: false });
  await stack.prepare();
  ({ url: repoURL, fixture: git } = await stack.addRepository("shop"));
  await stack.apply(
    promoted("shop-staging", repoURL, "app"),
    promoted("shop-prod", repoURL, "app"),
    releaseSource("shop", repoURL),
    account("vera", { groups: ["sre"] }),
    pipeline("shop", "shop", [
      { name: "staging", applications: { names: ["shop-staging"] } },
      {
        name: "prod",
        applications: { names: ["shop-prod"] },
        gates: [{ name: "operators", approval: { groups: ["sre"] } }],
      },
    ]),
  );
  const issued = await stack.api<{ token: string }>("POST", "/accounts/vera/tokens", {});
  approver = issued.body.token;
}, 240_000);
afterAll(() => stack?.stop());

const as = (token: string, ...args: string[]): Promise<Ran> =>
  cli(args, { env: { SLUICE_SERVER: stack.url, SLUICE_TOKEN: token } });
const sluice = async (...args: string[]): Promise<Ran> => as(await tokenOf(stack.playground), ...args);
/** Runs a command that is to succeed. */
async function done(...args: string[]): Promise<Ran> {
  const ran = await sluice(...args);
  expect(ran, `${args.join(" ")}\n${ran.err}`).toMatchObject({ code: 0 });
  return ran;
}
async function version(text: string): Promise<string> {
  const commit = await git.commit({ "app/map.yaml": configMap("map", { version: text }) }, `version ${text}`);
  return (await release(stack, "shop", { repoURL, commit })).alias;
}
const runs = async (application: string): Promise<string | undefined> =>
  ((await stack.configMaps(application)) as Record<string, { version?: string } | undefined>)["map"]?.version;
const asked = async (...args: string[]): Promise<string> => {
  const { out } = await done(...args, "--async", "-o", "json");
  return (JSON.parse(out) as { promotion: string }).promotion;
};
/** Waits until `sluice why` says something. */
const told = (subject: string, text: string): Promise<string> =>
  until(`why ${subject}: ${text}`, async () => {
    const { out, err } = await sluice("why", subject);
    if (!out.includes(text)) throw new Error(out + err);
    return out;
  });

test(
  "a release goes by hand through staging and an approval, past a gate in an emergency, and back",
  { timeout: 240_000 },
  async () => {
    const first = await version("1");
    const staged = await done("promote", "shop", "staging", first);
    expect(staged.err).toContain(`staging: Succeeded ${first} by pin`);
    expect(await runs("shop-staging")).toBe("1");

    const preview = await done("promote", "shop", "prod", "--dry-run");
    expect(preview.out).toContain("ConfigMap/shop-prod/map created");
    expect((await done("promotion", "list", "shop", "--stage", "prod")).out).toBe("");

    const waiting = await asked("promote", "shop", "prod");
    const why = await told("shop/prod", "gate operators waits");
    expect(why).toContain(`next: sluice approve ${waiting}`);
    expect(why).toContain("who can change it: sre");
    expect((await done("promotion", "diff", waiting)).out).toContain("ConfigMap/shop-prod/map created");
    expect(await runs("shop-prod")).toBeUndefined();
    expect((await as(approver, "promote", "shop", "staging")).code).toBe(6);
    const following = sluice("promotion", "wait", waiting, "--timeout", "60s");
    expect(await as(approver, "approve", waiting, "--yes")).toMatchObject({ code: 0 });
    expect(await following).toMatchObject({ code: 0, err: expect.stringContaining("shop-prod: Promoted") });
    expect(await runs("shop-prod")).toBe("1");

    const second = await version("2");
    await done("promote", "shop", "staging");
    const hasty = await done("promote", "shop", "prod", second, "--emergency", "operators", "--reason", "INC-42");
    expect(await runs("shop-prod")).toBe("2");
    const [, record] = /sluice emergency close (\S+)/.exec(hasty.err)!;
    expect((await done("emergency", "list", "--open")).out).toContain("INC-42");
    await done("emergency", "close", record!, "--note", "it was the database");
    expect((await done("emergency", "list", "--open")).out).toBe("");

    const back = await done("stage", "rollback", "shop", "prod");
    expect(back.err).toContain(`prod stays at ${first} until: sluice stage release shop prod`);
    expect(await runs("shop-prod")).toBe("1");
    expect(await runs("shop-staging")).toBe("2");
    const kept = await told("shop/prod", "holds it at");
    expect(kept).toContain(`${second} does not come here by itself any more (RolledBack`);
    await done("stage", "release", "shop", "prod");
    expect((await done("pipeline", "get", "shop")).out).toMatch(new RegExp(`prod +${first}`));

    await done("stop-the-line", "--reason", "INC-43");
    await version("3");
    const stopped = await asked("promote", "shop", "staging");
    expect(await told(stopped, "the line is stopped")).toContain("sluice resume-the-line");
    expect(await runs("shop-staging")).toBe("2");
    await done("resume-the-line");
    await done("promotion", "wait", stopped, "--timeout", "60s");
    expect(await runs("shop-staging")).toBe("3");

    const unwanted = await asked("promote", "shop", "prod");
    await told(unwanted, "gate operators waits");
    expect((await done("promotion", "abort", unwanted, "--reason", "not today")).err).toContain("left: shop-prod");
    expect(await sluice("promotion", "wait", unwanted)).toMatchObject({ code: 10 });
    expect(await runs("shop-prod")).toBe("1");
  },
);
