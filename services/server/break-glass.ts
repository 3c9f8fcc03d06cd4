import { createBreakGlassSteps, type BreakGlassDeps } from "../../activities/break-glass.ts";
import type { BreakGlassSteps } from "../../activities/break-glass-steps.ts";
import {
  checkSource,
  differenceOf,
  type DifferenceDeps,
  type FileChanges,
  fileChanges,
} from "../../activities/commit-difference.ts";
import { shownFiles } from "../../activities/shown-difference.ts";
import { createCommits, type Changes } from "../../adapters/git/commit.ts";
import type { Mirrors } from "../../adapters/git/mirrors.ts";
import { editManifests } from "../../adapters/manifests/edit.ts";
import { namesOf, patchOf, withPatches } from "../../adapters/manifests/kustomize.ts";
import type { Operations } from "../../adapters/temporal/operations.ts";
import { SluiceError } from "../../schemas/errors.ts";
import type { BreakGlassPort } from "../api/ports.ts";
import { applicationsOf } from "../worker/records.ts";
import type { StepParts } from "./steps.ts";

const EDITOR = { editManifests, patchOf, withPatches, namesOf };

interface Parts {
  parts: Pick<StepParts, "core" | "clusters">;
  mirrors: Mirrors;
}

const differenceDeps = ({ core, clusters }: Parts["parts"]): DifferenceDeps => ({
  blobs: core.blobs,
  cluster: (name) => clusters.client(name),
  editor: EDITOR,
});

/** What the API needs to know of a break-glass's difference. */
export function breakGlassPort({ parts, mirrors }: Parts): BreakGlassPort {
  const deps = differenceDeps(parts);
  const { load } = applicationsOf(parts.core.aggregates);
  const deployedOf = async (application: string) => {
    const state = await load(application);
    const { configuration, deployed } = state;
    if (configuration && deployed) return { state, source: configuration.spec.source, deployed };
    throw new SluiceError("NotFound", `Nothing was deployed for Application ${application} yet`, {
      next: `Deploy it with: sluice app sync ${application}`,
    });
  };
  return {
    async checkCommit(application) {
      const { source, deployed } = await deployedOf(application);
      const tree = await mirrors.ensure(source.repoURL, deployed.revision);
      await checkSource(source, tree).finally(() => tree.close());
    },
    async diff(application) {
      const { state, source, deployed } = await deployedOf(application);
      const difference = await differenceOf(deps, state, state.breakGlass);
      const tree = await mirrors.ensure(source.repoURL, deployed.revision);
      const { files, skipped } = await fileChanges(EDITOR, { source, tree }, difference).finally(() => tree.close());
      return {
        revision: deployed.revision,
        files: shownFiles(files, difference.edits),
        ...{ skipped, added: difference.added },
      };
    },
  };
}

/** What the workflow of a break-glass does, on this process's ledger, clusters and repositories. */
export const breakGlassSteps = (of: Parts & { operations: Operations }): BreakGlassSteps =>
  createBreakGlassSteps({
    applications: applicationsOf(of.parts.core.aggregates),
    operations: of.operations,
    commitDifference: commitDifference(of),
    now: () => new Date().toISOString(),
  });

/** One commit with the difference on top of the branch, or of what is deployed where there is no such branch yet. */
function commitDifference({ parts, mirrors }: Parts): BreakGlassDeps["commitDifference"] {
  const deps = differenceDeps(parts);
  const { push } = createCommits({ mirrors, seals: parts.core.keyring });
  return async ({ application, state, breakGlass }) => {
    const { configuration, deployed } = state;
    if (!configuration || !deployed) return undefined;
    const { source } = configuration.spec;
    const difference = await differenceOf(deps, state, breakGlass);
    let left: FileChanges["skipped"] = difference.skipped;
    const pushed = await push({
      repoURL: source.repoURL,
      branch: breakGlass.branch,
      base: deployed.revision,
      changes: async (tree) => {
        const { files, skipped } = await fileChanges(EDITOR, { source, tree }, difference);
        left = skipped;
        return new Map(files.map(({ path, after }) => [path, after === null ? null : { content: after }])) as Changes;
      },
      message: messageOf(application, breakGlass.reason),
      author: { name: breakGlass.by.name, email: `${breakGlass.by.name.replaceAll(/[^\w.-]/g, "-")}@sluice.dev` },
      at: breakGlass.startedAt,
      operation: `break-glass-${breakGlass.id}`,
    });
    if (left.length > 0) {
      const which = left.slice(0, 3).map(({ object, message }) => `${object}: ${message}`);
      throw new SluiceError(
        "InvalidInput",
        `not everything could be committed to ${breakGlass.branch}: ${which.join("; ")}`,
        {
          next: `see to the rest, then end it with: sluice break-glass end ${application} --then put-back`,
        },
      );
    }
    return pushed.result === "unchanged" ? undefined : { branch: pushed.branch, commit: pushed.commit };
  };
}

const messageOf = (application: string, reason: string): string =>
  `Take over what was changed by hand in ${application}\n\n${reason.replaceAll(/\s+/g, " ")}\n`;
