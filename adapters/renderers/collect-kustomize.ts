import {
  configReferences,
  isRemoteReference,
  KUSTOMIZATION_FILES,
  kustomizationReferences,
  refusedKustomization,
  type KustomizationReference,
} from "../../domain/source/kustomization.ts";
import { joinRepoPath } from "../../domain/source/repo-path.ts";
import { SluiceError, type ErrorCode } from "../../schemas/errors.ts";
import type { Source } from "../../schemas/kinds/source.ts";
import type { Picked } from "./collect.ts";
import { withOverrides } from "./kustomize-overrides.ts";
import type { RenderLimits } from "./limits.ts";
import { MOST_PLAN_BYTES, type Place, type SourceReader } from "./source-reader.ts";
import { parseYaml } from "./yaml.ts";

/** Deepest chain of kustomizations. */
const MOST_LEVELS = 50;

/** Everything that `kustomize build` of a directory reads in the repository. Remote bases, helm charts and missing files are refused. */
export async function collectKustomize(
  source: Source,
  root: Place,
  { reader, limits }: { reader: SourceReader; limits: RenderLimits },
): Promise<Picked> {
  const walk = new Walk(reader, limits);
  await walk.kustomization(root.path, [], (content) => withOverrides(content, source.kustomize));
  return {};
}

class Walk {
  readonly #reader: SourceReader;
  readonly #limits: RenderLimits;
  readonly #done = new Set<string>();

  constructor(reader: SourceReader, limits: RenderLimits) {
    this.#reader = reader;
    this.#limits = limits;
  }

  /** One directory's kustomization and all that it names; `above` are the directories that led here. */
  async kustomization(
    dir: string,
    above: readonly string[],
    prepare: (content: unknown) => unknown = (content) => content,
  ): Promise<void> {
    if (above.includes(dir)) {
      const way = [...above.slice(above.indexOf(dir)), dir].map((path) => path || ".").join(" -> ");
      throw problem("RenderFailed", fileIn(dir), "", `the kustomizations go in a circle: ${way}`);
    }
    if (above.length > MOST_LEVELS) {
      throw problem("RenderLimit", fileIn(dir), "", `kustomizations are nested deeper than ${MOST_LEVELS} levels`);
    }
    if (this.#done.has(dir)) return;
    const place = await this.#fileOf(dir);
    const content = prepare(await this.#parse(place));
    const refused = refusedKustomization(content);
    if (refused) throw problem("SourceRefused", place.path, "", refused);
    for (const reference of kustomizationReferences(content)) {
      await this.#reference(reference, { dir, file: place.path, above: [...above, dir] });
    }
    this.#done.add(dir);
  }

  async #fileOf(dir: string): Promise<Place> {
    const found: Place[] = [];
    for (const name of KUSTOMIZATION_FILES) {
      const place = await this.#reader.file(joinRepoPath(dir, name)!);
      if (place?.entry.type === "blob") found.push(place);
    }
    if (found.length === 1) return found[0]!;
    const message =
      found.length > 1 ? "there are two kustomizations in one directory" : "there is no kustomization.yaml";
    throw problem("RenderFailed", fileIn(dir), "", message);
  }

  async #parse(place: Place): Promise<unknown> {
    const bytes = await this.#reader.bytes(place, MOST_PLAN_BYTES);
    return parseYaml(bytes, { file: place.path, limits: this.#limits })[0]?.value;
  }

  async #reference(
    reference: KustomizationReference,
    from: { dir: string; file: string; above: readonly string[] },
  ): Promise<void> {
    const { field, value, as } = reference;
    const inline =
      (as === "patch" || as === "config") && /[\n{:]/.test(value) && !(await this.#exists(from.dir, value));
    if (inline && !isRemoteReference(value)) {
      if (as === "config") await this.#config(parseInline(value, from.file, this.#limits), from);
      return;
    }
    if (isRemoteReference(value)) {
      const next = "copy it into the repository and name it by its path";
      throw problem("SourceRefused", from.file, field, `${shown(value)} is on another host, which is not read`, next);
    }
    const path = value.startsWith("/") ? undefined : joinRepoPath(from.dir, value);
    if (path === undefined) {
      throw problem("SourceRefused", from.file, field, `${shown(value)} leaves the repository`);
    }
    const place = await this.#reader.file(path);
    if (!place) throw problem("RenderFailed", from.file, field, `${shown(value)} does not exist in the repository`);
    await this.#found(place, reference, from);
  }

  async #found(
    place: Place,
    { field, value, as }: KustomizationReference,
    from: { dir: string; file: string; above: readonly string[] },
  ): Promise<void> {
    if (place.entry.type === "tree") {
      if (as === "file" || as === "patch") {
        throw problem("RenderFailed", from.file, field, `${shown(value)} is a directory, where a file was expected`);
      }
      return this.kustomization(place.path, from.above);
    }
    if (as === "component") {
      throw problem("RenderFailed", from.file, field, `${shown(value)} is a file, where a directory was expected`);
    }
    if (as === "config") await this.#config(await this.#parse(place), { ...from, file: place.path });
  }

  /** A generator's or transformer's configuration: its own files, relative to the kustomization that names it. */
  async #config(content: unknown, from: { dir: string; file: string; above: readonly string[] }): Promise<void> {
    for (const reference of configReferences(content)) await this.#reference(reference, from);
  }

  async #exists(dir: string, value: string): Promise<boolean> {
    const path = /[\n\0]/.test(value) ? undefined : joinRepoPath(dir, value);
    return path !== undefined && (await this.#reader.follow(path)) !== undefined;
  }
}

const fileIn = (dir: string): string => joinRepoPath(dir, "kustomization.yaml")!;
const shown = (value: string): string => JSON.stringify(value.slice(0, 200));

function parseInline(text: string, file: string, limits: RenderLimits): unknown {
  return parseYaml(text, { file, limits })[0]?.value;
}

function problem(code: ErrorCode, file: string, field: string, message: string, next?: string): SluiceError {
  const where = field === "" ? file : `${file} (${field})`;
  return new SluiceError(code, `${where}: ${message}.`, {
    ...(next === undefined ? {} : { next }),
    problems: [{ file, message, ...(field === "" ? {} : { path: field }), ...(next === undefined ? {} : { next }) }],
  });
}
