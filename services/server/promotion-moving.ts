import type { DifferenceDeps } from "../../activities/promotion/difference.ts";
import { createCommitRelease } from "../../activities/promotion/commit.ts";
import type { CommitRelease } from "../../activities/promotion/moving.ts";
import { createCommits } from "../../adapters/git/commit.ts";
import { createHistory } from "../../adapters/git/history.ts";
import type { Mirrors } from "../../adapters/git/mirrors.ts";
import { parseSshKey } from "../../adapters/git/ssh-key.ts";
import { sshSignature } from "../../adapters/git/ssh-signature.ts";
import { RELEASE_EDITOR } from "../../adapters/manifests/release-editor.ts";
import { maskObject, openObject } from "../../adapters/secrets/objects.ts";
import { projectDecider } from "../../domain/configuration/project.ts";
import { repositoryRefusal } from "../../domain/project/permission.ts";
import { SluiceError } from "../../schemas/errors.ts";
import type { Core } from "./core.ts";
import type { Sources } from "./sources.ts";

/** What is kept of a signing key, sealed. */
export interface StoredSigningKey {
  privateKey: string;
}

type Difference = Pick<DifferenceDeps, "preview" | "render" | "shown" | "commitsBetween">;

/** How often a push is tried on top of where its branch moved to: many stages of many pipelines may write to one. */
const ATTEMPTS = 60;
/** Commits between two releases that are listed. */
const MOST_COMMITS = 100;

/** How releases come into stages by Git, and what is looked at before, over the mirrors of this process. */
export function movingOf(
  core: Pick<Core, "aggregates" | "credentials" | "keyring">,
  { mirrors, port, previews }: Pick<Sources, "mirrors" | "port" | "previews">,
): Difference & { commitRelease: CommitRelease } {
  const { commitRelease, preview } = createCommitRelease({
    commits: createCommits({ mirrors, seals: core.keyring, attempts: ATTEMPTS }),
    editor: RELEASE_EDITOR,
    ensure: mirrors.ensure,
    refusal: async (project, repoURL) => {
      const { configuration } = (await core.aggregates.load(projectDecider, project)).state;
      if (!configuration) return `There is no Project ${project}`;
      return repositoryRefusal({ name: project, spec: configuration.spec }, repoURL);
    },
    signer: (name) => signerOf(core.credentials, name),
  });
  return {
    commitRelease,
    preview,
    shown: (object) => maskObject(openObject(object, core.keyring), core.keyring),
    commitsBetween: createCommitsBetween(mirrors),
    render: async ({ preview: isPreview, ...target }) => {
      const source = isPreview ? previews : port;
      return (await source.produce({ ...target, since: new Date().toISOString() })).artifact;
    },
  };
}

async function signerOf(
  credentials: Pick<Core["credentials"], "get">,
  name: string,
): Promise<(payload: Uint8Array) => string> {
  const stored = await credentials.get<StoredSigningKey>("signing-key", name);
  if (!stored) {
    throw new SluiceError("NotFound", `There is no signing key ${name}`, {
      next: `Give one with: sluice signing-key add ${name} --file KEY`,
    });
  }
  const key = parseSshKey(stored.privateKey);
  return (payload) => sshSignature(key, payload);
}

/** The commits that come in between two commits, or go out where it is a way back. */
export function createCommitsBetween(
  mirrors: Pick<Mirrors, "move" | "resolve" | "refs" | "ensure" | "reader">,
): DifferenceDeps["commitsBetween"] {
  const history = createHistory(mirrors);
  return async (repoURL, from, to) => {
    const way = await mirrors.move(repoURL, from, to);
    if (way === "unknown" || way === "same") return { direction: "unknown", commits: [] };
    const isBack = way === "diverged" && (await mirrors.move(repoURL, to, from)) === "forward";
    const range = isBack ? { from: to, to: from } : { from, to };
    const { commits, more } = await history.between(repoURL, { ...range, paths: {}, most: MOST_COMMITS });
    return {
      direction: isBack ? "back" : way,
      commits: commits.map(({ commit, author, at, message }) => ({
        ...{ commit, author, at },
        subject: message.split("\n", 1)[0]!.slice(0, 200),
      })),
      ...(more > 0 && { more }),
    };
  };
}
