import { afterAll, beforeAll, expect, test } from "vitest";
import type { RawObject } from "../../../schemas/artifact.ts";
import { newNamespace, syncStage, type Stage } from "../sync/stage.ts";

let stage: Stage;
beforeAll(async () => {
  stage = await syncStage();
});
afterAll(() => stage?.stop());

const CANARIES = ["canary-desired-value", "canary-live-value", "canary-last-applied", "canary-invalid-value"];
const base64 = (text: string): string => Buffer.from(text).toString("base64");
const secret = (data: object, name = "password"): RawObject => ({
  apiVersion: "v1",
  kind: "Secret",
  metadata: { name },
  data,
});

function expectNoCanary(texts: Iterable<string>): void {
  const everything = [...texts].join("\n");
  for (const canary of CANARIES) {
    expect(everything).not.toContain(canary);
    expect(everything).not.toContain(base64(canary));
  }
}

test("no value of a Secret is in what a diff says or stores: neither desired, nor live, nor in an annotation, nor in an error", async () => {
  const problems: string[] = [];
  const rules = [
    {
      group: "",
      kind: "Secret",
      // Both fail on what they find, and jq names what it found in its own words.
      jqPathExpressions: [".data.token[]", ".data | error", ".data.other | select(. != null)"],
      jsonPointers: ["/data/ignored"],
    },
  ];
  const namespace = await newNamespace(stage.client, "diff-secrets");
  const app = stage.application("diff-secrets", {
    namespace,
    ignoreDifferences: rules,
    onProblem: (text) => problems.push(text),
  });
  const desired = secret({ token: base64("canary-desired-value"), ignored: base64("canary-desired-value") });
  expect((await app.sync([desired])).failures).toEqual([]);
  await stage.edit("v1", "Secret", { namespace, name: "password" }, (live) => {
    live["data"] = { token: base64("canary-live-value"), ignored: base64("canary-live-value") };
    const annotation = JSON.stringify({ data: { token: base64("canary-last-applied") } });
    live.metadata.annotations = {
      ...live.metadata.annotations,
      "kubectl.kubernetes.io/last-applied-configuration": annotation,
    };
  });

  const invalid = secret({ "not a key": base64("canary-invalid-value"), token: "canary-invalid-value%" }, "password");
  for (const wanted of [desired, invalid]) {
    const compared = await app.compare([wanted]);
    expect(compared.sync).toBe("OutOfSync");
    const [object] = (
      await app.blobs.getJson<{ objects: { live: RawObject; desired: RawObject; message?: string }[] }>(
        compared.comparison,
      )
    ).objects;
    // That a value is another one is still to be seen.
    expect((object!.live["data"] as { token: string }).token).toMatch(/^keyed:/);
    expect(object!.live["data"]).not.toEqual(object!.desired["data"]);
    expect(Object.keys(object!.live["data"] as object)).toEqual(["token"]);
    expectNoCanary([JSON.stringify(compared), ...app.blobs.texts.values(), ...problems]);
  }
});
