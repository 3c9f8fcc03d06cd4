import { afterAll, describe, expect, it } from "vitest";
import { createDiscover } from "../../../activities/release/discover.ts";
import { createChartIndex } from "../../../adapters/registry/chart-index.ts";
import { readChartIndex } from "../../../adapters/registry/chart-index-worker.ts";
import { createAsk } from "../../../adapters/registry/http.ts";
import { ReleaseSourceSpec } from "../../../schemas/kinds/release-source.ts";
import { startHttp } from "./http-world.ts";

const { ask, close } = createAsk();
afterAll(close);
const DIGEST = "ab".repeat(32);
const INDEX = `apiVersion: v1
entries:
  web:
    - {version: 1.9.0, digest: ${"cd".repeat(32)}}
    - {version: 1.10.0, digest: ${DIGEST}}
    - {version: 2.0.0-rc.1}
    - {name: broken}
  other:
    - {version: 3.0.0}
`;

/** What a source of one chart finds. */
async function find(index: ReturnType<typeof createChartIndex>, chart: object, chosen?: string) {
  const discover = createDiscover({ charts: index, registry: undefined as never, history: undefined as never });
  const spec = ReleaseSourceSpec.parse({ subscriptions: [{ name: "web", chart: { insecure: true, ...chart } }] });
  const { found, failures } = await discover({ spec, ...(chosen !== undefined && { chosen: { web: chosen } }) });
  return found?.content.charts[0] ?? failures["web"];
}

describe("a chart repository", () => {
  it("gives the highest version that fits, with its digest, and is read again only when it changed", async () => {
    let body = INDEX;
    let parsed = 0;
    await using server = await startHttp({
      "/stable/index.yaml": ({ headers }, response) => {
        const etag = `"${body.length}"`;
        if (headers["if-none-match"] === etag) return void response.writeHead(304).end();
        parsed += 1;
        response.writeHead(200, { etag }).end(body);
      },
    });
    const repoURL = `${server.url}/stable/`;
    const index = createChartIndex({ ask, credentialsFor: async () => ({ username: "ci", password: "pull" }) });
    const expected = { subscription: "web", repoURL, name: "web", version: "1.10.0", digest: `sha256:${DIGEST}` };
    expect(await find(index, { repoURL, name: "web" })).toEqual(expected);
    expect(await find(index, { repoURL, name: "web", semverConstraint: "<1.10" })).toMatchObject({ version: "1.9.0" });
    expect(await find(index, { repoURL, name: "web", semverConstraint: ">=2.0.0-0" })).toMatchObject({
      version: "2.0.0-rc.1",
    });
    expect(await find(index, { repoURL, name: "web" }, "1.9.0")).toMatchObject({ version: "1.9.0" });
    expect(parsed).toBe(1);
    body = INDEX.replace("1.10.0", "1.11.0");
    expect(await find(index, { repoURL, name: "web" })).toEqual(expected);
    body += "# longer\n";
    expect(await find(index, { repoURL, name: "web" })).toMatchObject({ version: "1.11.0" });
    expect(server.asked[0]).toMatchObject({ authorization: `Basic ${Buffer.from("ci:pull").toString("base64")}` });
  });

  it.each([
    [{ name: "absent" }, 200, INDEX, "RevisionNotFound"],
    [{ name: "web", semverConstraint: "^9.0.0" }, 200, INDEX, "RevisionNotFound"],
    [{ name: "web" }, 200, "entries: [", "SourceRefused"],
    [{ name: "web" }, 200, "just text", "SourceRefused"],
    [{ name: "web" }, 401, "", "SourceForbidden"],
    [{ name: "web" }, 404, "", "SourceForbidden"],
    [{ name: "web" }, 503, "", "SourceUnavailable"],
  ])("that can't serve %j with %i says why", async (chart, status, body, code) => {
    await using server = await startHttp({ "/index.yaml": (_, response) => void response.writeHead(status).end(body) });
    const index = createChartIndex({ ask, credentialsFor: async () => undefined });
    expect(await find(index, { repoURL: server.url, ...chart })).toMatchObject({ code });
  });

  it("can't make its reader grow by aliases, nor reach what it inherits", () => {
    const bomb = `a: &a [x, x]\nb: &b [*a, *a]\nentries: {web: *b}\n`;
    expect(() => readChartIndex({ text: bomb, name: "web" })).toThrow();
    expect(readChartIndex({ text: INDEX, name: "constructor" })).toEqual({});
    expect(readChartIndex({ text: INDEX, name: "__proto__" })).toEqual({});
  });
});
