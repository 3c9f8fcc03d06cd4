/** One git setting, given through the environment so that it stands neither in arguments nor in a file. */
export type GitSetting = readonly [key: string, value: string];

const SETTINGS: readonly GitSetting[] = [
  ["core.hooksPath", "/dev/null"],
  ["credential.helper", ""],
  ["http.followRedirects", "false"],
  ["http.lowSpeedLimit", "1"],
  ["http.lowSpeedTime", "30"],
  ["protocol.version", "2"],
  ["gc.auto", "0"],
  ["maintenance.auto", "false"],
  ["fetch.recurseSubmodules", "false"],
  ["fetch.writeCommitGraph", "false"],
  ["core.commitGraph", "false"],
  ["core.logAllRefUpdates", "false"],
  ["init.defaultBranch", "main"],
];

/** What git processes start from. */
export interface GitBase {
  /** An empty directory. */
  home: string;
  /** Where git and ssh are looked for, as PATH has it. */
  searchPath: string;
  /** Path of util-linux' setsid, where the machine has it: it puts git and its helpers into a group of their own. */
  setsid?: string | undefined;
}

/**
 * The whole environment of a git process: nothing inherited, no system or user configuration, no prompt, no hook, no
 * credential helper, and no transport but the one that is named (none when absent).
 */
export function gitEnvironment(
  base: GitBase,
  options: { dir?: string; protocol?: string; settings?: readonly GitSetting[] },
): Record<string, string> {
  const environment: Record<string, string> = {
    PATH: base.searchPath,
    HOME: base.home,
    LC_ALL: "C",
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_ATTR_NOSYSTEM: "1",
    GIT_TERMINAL_PROMPT: "0",
    GIT_OPTIONAL_LOCKS: "0",
    GIT_NO_REPLACE_OBJECTS: "1",
    GIT_NO_LAZY_FETCH: "1",
    GIT_ALLOW_PROTOCOL: options.protocol ?? "none",
  };
  if (options.dir !== undefined) environment["GIT_DIR"] = options.dir;
  const settings = [...SETTINGS, ...(options.settings ?? [])];
  environment["GIT_CONFIG_COUNT"] = String(settings.length);
  settings.forEach(([key, value], index) => {
    environment[`GIT_CONFIG_KEY_${index}`] = key;
    environment[`GIT_CONFIG_VALUE_${index}`] = value;
  });
  return environment;
}
