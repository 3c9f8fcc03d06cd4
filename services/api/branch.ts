import { refusedRef } from "../../domain/source/revision.ts";
import { SluiceError } from "../../schemas/errors.ts";

/** Throws InvalidInput for what can't be the name of a branch to push to. */
export function checkBranch(branch: string | undefined): void {
  if (branch === undefined) return;
  const why = refusedRef(branch) ?? notAName(branch);
  if (why === undefined) return;
  throw new SluiceError("InvalidInput", `${JSON.stringify(branch)} can't be the name of a branch: ${why}`, {
    next: "Give the branch's own name, such as hotfix/web.",
  });
}

function notAName(branch: string): string | undefined {
  if (branch === "HEAD") return "HEAD stands for another branch";
  return branch.startsWith("refs/") ? "it is a full ref, and a branch stands under refs/heads/ by itself" : undefined;
}
