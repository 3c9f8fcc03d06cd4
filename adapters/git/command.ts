import { simpleGit } from "simple-git";
import { GroupWatch } from "./process-group.ts";
import { SluiceError } from "../../schemas/errors.ts";
import { gitEnvironment, type GitBase, type GitSetting } from "./environment.ts";
import { gitError, type GitFailure } from "./failure.ts";

/** What one git process may use besides the empty environment. */
export interface GitAccess {
  /** The only transport it may use: https, http or ssh. */
  protocol?: string;
  settings?: readonly GitSetting[];
  /** How ssh is run, with its key and known hosts. */
  sshCommand?: string;
  /** Values that no message may show. */
  secrets?: readonly string[];
}

export interface GitCommand extends GitAccess {
  /** A bare repository, or where one is to be made. */
  dir: string;
  args: readonly string[];
  /** What messages call the repository. */
  url: string;
  timeoutMs: number;
  /** Failures that the caller knows how to take. */
  onFailure?: (failure: GitFailure) => SluiceError | undefined;
}

/**
 * The guarded variables that `gitEnvironment` sets. simple-git refuses all others, and it refuses the settings below
 * unless they are named here; both hold values that only this folder writes.
 */
const ALLOWED = [
  "GIT_CONFIG_NOSYSTEM",
  "GIT_ATTR_NOSYSTEM",
  "GIT_TERMINAL_PROMPT",
  "GIT_OPTIONAL_LOCKS",
  "GIT_NO_REPLACE_OBJECTS",
  "GIT_NO_LAZY_FETCH",
  "GIT_ALLOW_PROTOCOL",
  "GIT_DIR",
  "GIT_CONFIG_COUNT",
];
const GATES = { allowUnsafeConfigEnvCount: true, allowUnsafeHooksPath: true, allowUnsafeCredentialHelper: true };

/** What a git process came to, as plain data. */
export type GitEnded = { stdout: string } | { failure: GitFailure; message: string };

/** What running needs of a command: plain data, so that another process can do it. */
export type GitRun = Omit<GitCommand, "onFailure" | "url" | "secrets">;

/** Runs one command to its end; never throws for what git did. */
export type ExecuteGit = (base: GitBase, run: GitRun, signal?: AbortSignal) => Promise<GitEnded>;

/** Runs one git command and gives what it printed. Throws the SluiceError that its failure stands for. */
export async function runGit(base: GitBase, command: GitCommand, execute: ExecuteGit = executeGit): Promise<string> {
  const { onFailure, url, secrets = [] } = command;
  const ended = await execute(base, runOf(command));
  if ("stdout" in ended) return ended.stdout;
  const { failure, message } = ended;
  const known = failure.timedOut ? undefined : onFailure?.(failure);
  throw known ?? missingGit(message) ?? gitError(url, failure, secrets);
}

/** Field by field: what else a caller's object carries may not be data. */
const runOf = ({ dir, args, timeoutMs, protocol, settings, sshCommand }: GitCommand): GitRun => ({
  dir,
  args,
  timeoutMs,
  ...(protocol !== undefined && { protocol }),
  ...(settings !== undefined && { settings }),
  ...(sshCommand !== undefined && { sshCommand }),
});

/** Runs it through simple-git as a child of this process. */
export const executeGit: ExecuteGit = async (base, command, signal) => {
  const environment = gitEnvironment(base, command);
  const allowEnvironment = [...ALLOWED, ...Object.keys(environment).filter((name) => name.startsWith("GIT_CONFIG_"))];
  if (command.sshCommand !== undefined) {
    environment["GIT_SSH_COMMAND"] = command.sshCommand;
    environment["GIT_SSH_VARIANT"] = "ssh";
    allowEnvironment.push("GIT_SSH_COMMAND", "GIT_SSH_VARIANT");
  }
  const limit = AbortSignal.timeout(command.timeoutMs);
  const abort = signal ? AbortSignal.any([limit, signal]) : limit;
  const group = new GroupWatch(abort);
  let stderr = "";
  let exitCode: number | undefined;
  const git = simpleGit({
    baseDir: command.dir,
    abort,
    binary: base.setsid ? [base.setsid, "git"] : "git",
    config: [group.setting],
    allowEnvironment,
    unsafe: { ...GATES, ...(command.sshCommand === undefined ? {} : { allowUnsafeSshCommand: true }) },
    errors: (error, result) => {
      if (result.exitCode === 0) return undefined;
      exitCode = result.exitCode;
      stderr = Buffer.concat(result.stdErr).toString("utf8");
      return error ?? new Error("git failed");
    },
  });
  try {
    return { stdout: await git.env(environment).raw([...command.args]) };
  } catch (error) {
    const message = messageOf(error);
    return { failure: { stderr: stderr || message, timedOut: abort.aborted, exitCode }, message };
  } finally {
    group.end();
  }
};

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

function missingGit(text: string): SluiceError | undefined {
  if (!/spawn \S*git\S* ENOENT|failed to execute git/.test(text)) return undefined;
  return new SluiceError("ToolUnavailable", "git could not be found.", { next: "install git 2.36 or newer" });
}
