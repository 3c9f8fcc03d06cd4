import { spawn } from "node:child_process";
import { beforeAll, expect, it } from "vitest";
import { stringifyRaw } from "../../../schemas/raw-json.ts";
import { DEFAULT_LIMITS } from "../../../adapters/renderers/limits.ts";
import { parseYaml } from "../../../adapters/renderers/yaml.ts";
import { ensureTools } from "../../../adapters/toolchain/index.ts";
import { KEPT_WHOLE, SCALARS } from "../../adapters/renderers/yaml-corpus.ts";

/** Documents whose structure YAML readers disagree about. */
const DOCUMENTS = [
  "a: &x {b: 1}\nc: *x\nd: {<<: *x, e: 2}",
  "a: &x [1, 2]\nb: *x",
  "a: |\n  one\n  two\nb: >-\n  folded\n  text\nc: |+\n  kept\n\nd: x",
  "a: 'it''s'\nb: \"\\u00e9\\n\\x41\"",
  "? a\n: b\n? c\n",
  "1: a\nyes: b\n0777: c\n1.5: d\n'2': e",
  "a:\n- b\n-  - c\n   - d\n- {e: [f, {g: h}]}",
  "a: b # comment\n# comment\nc: 'x#y'\nd: x#y",
  "a: !!str 5\nb: !!int '5'\nc: !!binary aGk=",
  "a: b: c".replace("b: c", '"b: c"'),
  "a: [1,2,\n 3]\nb: {c: d,\n  e: f}",
  "a: -\nb: x".replace("a: -", "a: '-'"),
  "a:    spaced   \nb:\n\n\nc: ''",
  "a: 2024-01-01T00:00:00Z\nb: 12:30:45\nc: 1_000\nd: 0o17",
  "\"a\": \"b\"\n'c': 'd'",
  "a: {b: c, d}",
  "a: multi\n  line plain\nb: x",
  'a: "multi\n  line quoted"\nb: x',
  "a: %x\nb: '@y'\nc: '`z'".replace("%x", "'%x'"),
  "a: null\nb: ~\nc:\nd: Null",
];

let kubectl: string;
beforeAll(async () => {
  ({ kubectl } = await ensureTools(["kubectl"]));
});

/** What kubectl makes of manifests, without a server: one object per text, under `v`. */
async function throughKubectl(texts: readonly string[]): Promise<unknown[]> {
  const input = texts
    .map((text, index) => `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: n${index}}\nv:\n${indented(text)}\n`)
    .join("---\n");
  const out = await new Promise<string>((resolve, reject) => {
    const child = spawn(kubectl, ["label", "--local", "-f", "-", "x=y", "-o", "json"], { env: {} });
    let [stdout, stderr] = ["", ""];
    child.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
    child.once("error", reject).once("close", (code) => (code === 0 ? resolve(stdout) : reject(new Error(stderr))));
    child.stdin.end(input);
  });
  // One JSON object after the other.
  const stream = out.replaceAll(/^\}\n\{$/gm, "}\n---\n{");
  return parseYaml(stream, { file: "kubectl", limits: DEFAULT_LIMITS }).map(({ value }) => (value as { v: unknown }).v);
}

const indented = (text: string) =>
  text
    .split("\n")
    .map((line) => `  ${line}`)
    .join("\n");

it("scalars mean what the real kubectl takes them for", async () => {
  const asked = SCALARS.filter(([yaml]) => !KEPT_WHOLE.has(yaml));
  const theirs = await throughKubectl(asked.map(([yaml]) => `k: ${yaml}`));
  const ours = asked.map(([yaml]) => parseYaml(`k: ${yaml}\n`, { file: "f", limits: DEFAULT_LIMITS })[0]?.value);
  expect(ours.map(stringifyRaw)).toEqual(theirs.map(stringifyRaw));
}, 60_000);

it("documents have the structure that the real kubectl gives them", async () => {
  const theirs = await throughKubectl(DOCUMENTS);
  const ours = DOCUMENTS.map(
    (text) => parseYaml(`v:\n${indented(text)}\n`, { file: "f", limits: DEFAULT_LIMITS })[0]?.value as { v: unknown },
  );
  for (const [index, text] of DOCUMENTS.entries()) expect(ours[index]!.v, text).toEqual(theirs[index]);
}, 60_000);
