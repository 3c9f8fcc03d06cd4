import { graftSubmodules } from "../../adapters/git/grafted-tree.ts";
import type { GitTree, Mirrors } from "../../adapters/git/mirrors.ts";
import type { Renderer, RenderRequest } from "../../adapters/renderers/render.ts";
import type { SourceDigest } from "../../adapters/renderers/inputs.ts";
import { repositoryRefusal } from "../../domain/project/permission.ts";
import type { RawObject } from "../../schemas/artifact.ts";
import { SluiceError, toSluiceError } from "../../schemas/errors.ts";
import type { ProjectSpec } from "../../schemas/kinds/project.ts";
import type { Source } from "../../schemas/kinds/source.ts";

/** A source at a commit, and the Project whose rules it is read by. */
interface Read {
  source: Source;
  tree: GitTree;
  project: string;
}

/** Sources as they are digested and rendered, with the submodules of those that ask for them. */
export interface SourceReading {
  sourceDigest(input: Read): Promise<SourceDigest>;
  /** The same for somebody who looks at many sources and waits for none: a submodule out of reach is a finding of its own. */
  digestNow(input: Read): Promise<SourceDigest>;
  render(request: RenderRequest & Read): Promise<RawObject[]>;
}

/** Lays submodules into the trees that a renderer reads, as far as the application's Project allows their addresses. */
export function readingSubmodules(deps: {
  renderer: Pick<Renderer, "sourceDigest" | "render">;
  mirrors: Pick<Mirrors, "ensure">;
  projectOf(name: string): Promise<ProjectSpec | undefined>;
}): SourceReading {
  const { renderer, mirrors, projectOf } = deps;

  async function reading<Result>(
    { source, tree, project }: Read,
    read: (tree: GitTree) => Promise<Result>,
  ): Promise<Result> {
    if (source.submodules !== true) return await read(tree);
    const spec = await projectOf(project);
    if (spec === undefined) throw new SluiceError("NotFound", `There is no Project ${project}`);
    const grafted = graftSubmodules(tree, {
      repoURL: source.repoURL,
      ensure: (repoURL, revision) => mirrors.ensure(repoURL, revision),
      refusal: (repoURL) => repositoryRefusal({ name: project, spec }, repoURL),
      scope: JSON.stringify([project, spec.sourceRepos]),
    });
    try {
      return await read(grafted);
    } finally {
      grafted.close();
    }
  }

  const sourceDigest: SourceReading["sourceDigest"] = (input) =>
    reading(input, (tree) => renderer.sourceDigest({ source: input.source, tree }));

  return {
    sourceDigest,
    async digestNow(input) {
      try {
        return await sourceDigest(input);
      } catch (thrown) {
        const error = toSluiceError(thrown);
        if (input.source.submodules !== true || !error.retryable) throw error;
        throw new SluiceError("SourceRefused", error.message, { cause: error });
      }
    },
    render: (request) => reading(request, (tree) => renderer.render({ ...request, tree })),
  };
}
