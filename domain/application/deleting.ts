import { SluiceError } from "../../schemas/errors.ts";

/** The error for what is asked of an application that a running deletion takes away: it would be gone with it. */
export function beingDeleted(operation: string, name?: string): SluiceError {
  const about = name === undefined ? "the application" : `Application ${name}`;
  return new SluiceError("Conflict", `${about} is being deleted by operation ${operation}`, {
    next: `terminate the deletion first: sluice app terminate ${name ?? "NAME"}; or wait for its end and apply it anew`,
  });
}
