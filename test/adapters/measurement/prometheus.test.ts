import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createMeasurementHttp, type MeasurementHttp } from "../../../adapters/measurement/http.ts";
import { type PrometheusQuery, queryPrometheus } from "../../../adapters/measurement/prometheus.ts";
import { failure, type FakePrometheus, fakePrometheus, success } from "../../fixtures/fake-prometheus.ts";

let prometheus: FakePrometheus;
let http: MeasurementHttp;
beforeEach(async () => {
  prometheus = await fakePrometheus();
  http = createMeasurementHttp({ allowed: [] });
});
afterEach(async () => {
  await http.close();
  await prometheus.stop();
});

const NOW = Date.parse("2026-11-21T12:00:00.500Z");
const ask = (over: Partial<PrometheusQuery> = {}) =>
  queryPrometheus(http, {
    ...{ address: prometheus.url, query: "up", end: NOW, headers: {}, timeoutMs: 5_000 },
    signal: new AbortController().signal,
    ...over,
  });
const problem = async (over: Partial<PrometheusQuery> = {}): Promise<string> =>
  await ask(over).then(
    ({ shown }) => `no problem: ${shown}`,
    (thrown: Error) => `${thrown.constructor.name}: ${thrown.message}`,
  );

describe("answers as its documentation shows them", () => {
  test("a vector is the values of its samples", async () => {
    prometheus.answer(
      "up",
      success("vector", [
        { metric: { job: "a" }, value: [1_435_781_451.781, "1"] },
        { metric: { job: "b" }, value: [1_435_781_451.781, "0.5"] },
      ]),
    );
    expect(await ask()).toEqual({ value: [1, 0.5], shown: "[1,0.5]", warnings: [] });
    expect(prometheus.asked).toMatchObject([
      { path: "/api/v1/query", method: "POST", parameters: { query: "up", time: "1795262400.500", timeout: "5000ms" } },
    ]);
  });

  test("a scalar is a number, an empty vector an empty list", async () => {
    prometheus.answer("1+1", success("scalar", [1_435_781_451.781, "2"]));
    expect(await ask({ query: "1+1" })).toMatchObject({ value: 2, shown: "2" });
    expect(await ask({ query: "none" })).toMatchObject({ value: [], shown: "[]" });
  });

  test("numbers that JSON has not", async () => {
    const values = ["NaN", "+Inf", "-Inf", "1e-05", "-0"];
    prometheus.answer(
      "up",
      success(
        "vector",
        values.map((value) => ({ metric: {}, value: [1, value] })),
      ),
    );
    expect((await ask()).value).toEqual([Number.NaN, Infinity, -Infinity, 1e-5, -0]);
  });

  test("a range is asked for with start, end and step, and is the values of all its series", async () => {
    prometheus.answer(
      "up",
      success("matrix", [
        {
          metric: { job: "a" },
          values: [
            [1, "1"],
            [2, "2"],
          ],
        },
        { metric: { job: "b" }, values: [[1, "3"]] },
      ]),
    );
    const range = { start: NOW - 900_000, stepMs: 60_000 };
    expect(await ask({ range })).toMatchObject({ value: [1, 2, 3], shown: "[1,2,3]" });
    expect(prometheus.asked).toMatchObject([
      {
        path: "/api/v1/query_range",
        parameters: { start: "1795261500.500", end: "1795262400.500", step: "60.000", timeout: "5000ms" },
      },
    ]);
  });

  test("warnings come along", async () => {
    prometheus.answer(
      "up",
      success("vector", [], { warnings: ["a store is gone"], infos: ["metric might not be a counter"] }),
    );
    expect((await ask()).warnings).toEqual(["a store is gone"]);
  });

  test("where only reading is let through, it reads", async () => {
    prometheus.readOnly();
    prometheus.answer("up", success("scalar", [1, "1"]));
    expect(await ask()).toMatchObject({ value: 1 });
    expect(prometheus.asked.map(({ method }) => method)).toEqual(["GET"]);
  });

  test("an address with a path, and headers", async () => {
    prometheus.answer("up", success("scalar", [1, "1"]));
    await ask({ address: `${prometheus.url}///`, headers: { "x-scope-orgid": "shop" } });
    expect(prometheus.asked[0]!.headers).toMatchObject({ "x-scope-orgid": "shop", accept: "application/json" });
    expect(await problem({ address: `${prometheus.url}/prefix` })).toContain("the status 404");
  });
});

describe("what can't be measured", () => {
  test.each([
    [
      failure(400, "bad_data", 'invalid parameter "query": 1:3: parse error'),
      "Prometheus says bad_data: invalid parameter",
    ],
    [failure(422, "execution", "multiple matches for labels"), "Prometheus says execution: multiple matches"],
    [failure(503, "timeout", "query timed out in expression evaluation"), "Prometheus says timeout"],
    [{ status: 502, body: "<html>bad gateway</html>" }, "the status 502"],
    [{ status: 200, body: "<html>log in</html>" }, "no answer of Prometheus"],
    [{ status: 200, body: '{"status":"success"' }, "no answer of Prometheus"],
    [success("string", [1, "text"]), "a result of the type string"],
    [success("vector", [{ metric: {}, histogram: [1, { count: "3", sum: "4" }] }]), "a native histogram"],
    [success("vector", [{ metric: {}, value: [1, 5] }]), "not as Prometheus' API documents it"],
    [success("vector", [{ metric: {}, value: [1, "five"] }]), "not as Prometheus' API documents it"],
    [success("vector", { metric: {} }), "not as Prometheus' API documents it"],
  ])("%j", async (answer, message) => {
    prometheus.answer("up", answer);
    expect(await problem()).toContain(`NotAnswered: `);
    expect(await problem()).toContain(message);
  });

  test("a range that asks for too much is refused in Prometheus' words", async () => {
    expect(await problem({ range: { start: NOW - 86_400_000, stepMs: 1_000 } })).toContain(
      "exceeded maximum resolution",
    );
    expect(await problem({ range: { start: NOW + 1_000, stepMs: 1_000 } })).toContain(
      "end timestamp must not be before",
    );
  });

  test("an answer that does not come in time", async () => {
    prometheus.answer("up", () => undefined);
    expect(await problem({ timeoutMs: 200 })).toContain("no whole answer within 0.2 s");
  });

  test("one that begins and does not end", async () => {
    prometheus.answer("up", (_request, response) => void response.writeHead(200).write('{"status":'));
    expect(await problem({ timeoutMs: 300 })).toContain("no whole answer within 0.3 s");
  });

  test("one that is huge, and one with too many samples", async () => {
    prometheus.answer("up", { body: "x".repeat(9 * 1_048_576) });
    expect(await problem()).toContain("larger than 8192 KiB");
    prometheus.answer(
      "up",
      success(
        "vector",
        Array.from({ length: 60_000 }, () => ({ metric: {}, value: [1, "1"] })),
      ),
    );
    expect(await problem()).toContain("60000 samples");
  });

  test("one that breaks off, and a server that is not there", async () => {
    prometheus.answer("up", (_request, response) => {
      response.writeHead(200, { "content-length": "100" });
      response.write("{");
      setTimeout(() => response.destroy(), 20);
    });
    expect(await problem()).toContain("could not be asked");
    await prometheus.stop();
    expect(await problem()).toContain("the connection was refused");
    prometheus = await fakePrometheus();
  });
});
