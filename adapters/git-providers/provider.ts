import type {
  CommitStatus,
  MergeOutcome,
  OpenPullRequest,
  PullRequest,
} from "../../activities/promotion/pull-request.ts";
import type { Api } from "./api.ts";

/** A pull request to be made, of one repository. */
export type NewPullRequest = Omit<OpenPullRequest, "repoURL">;

export interface Comment {
  id: string;
  body: string;
  url?: string;
  /** Bitbucket Server and Azure DevOps need it to change the comment. */
  version?: string;
}

/** One repository at one provider: what all providers can do, each in its own words. */
export interface ProviderRepository {
  /** The newest of a branch of this very repository into another, in whatever state. */
  find(branch: string, base: string): Promise<PullRequest | undefined>;
  /** Makes it; `complaints` are about what it was made without. */
  create(asked: NewPullRequest): Promise<{ made: PullRequest; complaints: string[] }>;
  /** Labels and reviewers where they are given afterwards; what could not be given. Doing it twice is doing it once. */
  decorate?(number: number, asked: Pick<NewPullRequest, "labels" | "reviewers">): Promise<string[]>;
  get(number: number): Promise<PullRequest>;
  /** It is open, and its head was this commit a moment ago. */
  merge(found: PullRequest): Promise<MergeOutcome>;
  close(found: PullRequest): Promise<void>;
  deleteBranch(branch: string): Promise<void>;
  comments(number: number): AsyncIterable<Comment>;
  addComment(number: number, body: string): Promise<{ url?: string }>;
  editComment(number: number, comment: Comment, body: string): Promise<{ url?: string }>;
  commitStatus(status: Omit<CommitStatus, "repoURL">): Promise<void>;
  /** A line that nobody sees in a comment and that says which it is. */
  marker(key: string): string;
}

export type Open = (api: Api, path: readonly string[], provider: string) => ProviderRepository;

/** Text of at most so many characters, with an ellipsis where it was longer. */
export const shortened = (text: string, most: number): string =>
  text.length <= most ? text : `${text.slice(0, most - 1)}…`;

/** A comment of HTML: shown by no provider that takes HTML in its Markdown. */
export const htmlMarker = (key: string): string => `<!-- sluice: ${markerKey(key)} -->`;
/** A link definition that is used nowhere: for providers that show HTML as it is. */
export const linkMarker = (key: string): string => `[//]: # (sluice: ${markerKey(key)})`;

/** What a key is made of: nothing that would end the marker. */
const markerKey = (key: string): string => key.replaceAll(/[^A-Za-z0-9._:/@-]/g, "_").slice(0, 200);
