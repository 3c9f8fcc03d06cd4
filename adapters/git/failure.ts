import { SluiceError } from "../../schemas/errors.ts";

/** How a git process ended when it did not succeed. */
export interface GitFailure {
  stderr: string;
  timedOut: boolean;
  /** Undefined when it could not be started, or was ended. */
  exitCode?: number | undefined;
}

interface Rule {
  pattern: RegExp;
  error: (url: string, said: string) => SluiceError;
}

const RULES: readonly Rule[] = [
  {
    pattern: /host key verification failed|no matching host key|REMOTE HOST IDENTIFICATION HAS CHANGED/i,
    error: (url) =>
      new SluiceError("SourceForbidden", `The host of ${url} did not show a host key that its Repository knows.`, {
        next: "put the host's key into sshKnownHosts of the Repository",
      }),
  },
  {
    pattern:
      /authentication failed|could not read (?:username|password)|permission denied|access denied|error: (?:401|403)\b|HTTP Basic: Access denied|invalid credentials/i,
    error: (url) =>
      new SluiceError("SourceForbidden", `${url} refused the credentials, or needs some.`, {
        next: "give the Repository credentials that may read it",
      }),
  },
  {
    pattern: /returned error: 30[12378]\b/i,
    error: (url) =>
      new SluiceError("SourceRefused", `${url} answers with a redirect, which is not followed.`, {
        next: "use the address that it redirects to",
      }),
  },
  {
    pattern:
      /couldn't find remote ref|not our ref|unadvertised object|remote error: upload-pack: not our ref|no such ref/i,
    error: (url) =>
      new SluiceError("RevisionNotFound", `${url} has no such revision.`, {
        next: "check the target revision; it may have been removed or rewritten",
      }),
  },
  {
    pattern:
      /repository .*not found|returned error: 404|does not appear to be a git repository|project you were looking for could not be found/i,
    error: (url) =>
      new SluiceError("SourceForbidden", `There is no repository at ${url}, or its credentials may not see it.`, {
        next: "check the address, and the credentials of its Repository",
      }),
  },
  {
    pattern: /transport '[^']*' not allowed/i,
    error: (url) => new SluiceError("SourceRefused", `${url} wants a transport that is not allowed.`),
  },
  {
    pattern: /certificate|SSL|TLS/,
    error: (url, said) =>
      new SluiceError("SourceUnavailable", `${url} could not be reached over TLS: ${said}`, {
        next: "give the Repository its certificate authority in caData",
      }),
  },
];

/** The error for a failed git process. What the remote said is shown in one line, with every secret taken out. */
export function gitError(url: string, failure: GitFailure, secrets: readonly string[]): SluiceError {
  if (failure.timedOut) {
    return new SluiceError("SourceUnavailable", `${url} did not answer in time.`, {
      next: "check that the host is reachable; it is tried again",
    });
  }
  const said = saying(failure.stderr, secrets);
  const rule = RULES.find(({ pattern }) => pattern.test(failure.stderr));
  if (rule) return rule.error(url, said);
  return new SluiceError("SourceUnavailable", `${url} could not be read: ${said}`, {
    next: "check that the host is reachable; it is tried again",
  });
}

/** The line of stderr that says most, at most 300 characters, without secrets and without anything like credentials in addresses. */
function saying(stderr: string, secrets: readonly string[]): string {
  const lines = stderr
    .split(/[\r\n]+/)
    .map((line) => line.trim())
    .filter((line) => line !== "");
  const line = lines.find((text) => /^(?:fatal|error):/.test(text)) ?? lines.at(-1) ?? "git gave no reason";
  let text = line.replace(/^(?:fatal|error): /, "");
  for (const secret of secrets) if (secret.length > 3) text = text.replaceAll(secret, "***");
  return text
    .replaceAll(/:\/\/[^\s/@]*@/g, "://***@")
    .replaceAll(/[\u0000-\u001f\u007f]/g, " ")
    .slice(0, 300);
}
