import type { FoundCommit } from "../../domain/release/carried.ts";

/** What finding releases needs of the world, each as small as it can be. */

/** An image or chart in a registry. */
export interface ImagePlace {
  /** Name without tag, as in `ghcr.io/acme/web`. */
  repoURL: string;
  /** Plain http. */
  insecure: boolean;
}

/** A manifest, as far as choosing among images needs it. */
export interface ImageDescription {
  digest: string;
  /** `os/architecture`, with the variant behind it where there is one; empty for what is no image. */
  platforms: string[];
  /** RFC 3339: when the newest of its images was built; absent where none says. */
  created?: string;
}

/** Registries that speak the OCI distribution protocol. All throw SourceUnavailable, SourceForbidden or SourceRefused. */
export interface RegistryPort {
  tags(place: ImagePlace): Promise<string[]>;
  /** Digest that a tag stands at; undefined when there is no such tag. */
  digest(place: ImagePlace, tag: string): Promise<string | undefined>;
  /** What is behind a tag or digest; undefined when there is nothing. */
  describe(place: ImagePlace, reference: string): Promise<ImageDescription | undefined>;
}

/** Repositories of charts with an index. Throws as a registry does. */
export interface ChartIndexPort {
  /** Versions of a chart, in the order of the index. */
  versions(place: { repoURL: string; name: string }): Promise<{ version: string; digest?: string | undefined }[]>;
}

/** Tags of a repository with the commits that they stand at, newest by date first. */
export interface DatedTag {
  tag: string;
  commit: string;
}

/** Paths by globs; a commit counts that changes one of `include` and not only those of `exclude`. */
export interface Paths {
  include?: readonly string[] | undefined;
  exclude?: readonly string[] | undefined;
}

/** The history of Git repositories, read from their mirrors. Throws as resolving a revision does. */
export interface HistoryPort {
  resolve(repoURL: string, revision: string): Promise<string>;
  /** Commits of the tags that are advertised. */
  tags(repoURL: string): Promise<Map<string, string>>;
  /** These tags by their date, newest first. */
  dated(repoURL: string, tags: readonly string[]): Promise<DatedTag[]>;
  /** The newest commit from this one back that counts; undefined when none does. */
  newest(repoURL: string, from: string, paths: Paths): Promise<string | undefined>;
  /**
   * Commits that count and that one has and an earlier one has not, newest first; only the one itself without an earlier one. `authors` are
   * the names and addresses of all who had a hand in any commit between, whether it counts or not: authors, committers and co-authors.
   */
  between(
    repoURL: string,
    range: { from: string | undefined; to: string; paths: Paths; most: number },
  ): Promise<{ commits: FoundCommit[]; more: number; authors: string[] }>;
}
