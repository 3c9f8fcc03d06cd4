import type { Confined } from "../../adapters/renderers/tool-process.ts";
import type { Finding } from "../../schemas/api/bodies.ts";

/** What holds helm and kustomize on this machine, as findings: without it a template may do more than render. */
export function confinementFindings({ network, limits }: Confined): Finding[] {
  const check = "renderers";
  if (network && limits) {
    return [{ check, status: "ok", message: "run without a network, with limits on memory, CPU and files" }];
  }
  const findings: Finding[] = [];
  if (!network) {
    findings.push({
      check,
      status: "warning",
      message: "run with this machine's network: `unshare --user --net` does not work here",
      next: "Install util-linux and allow user namespaces, or deny the server what repositories must not reach by a network policy.",
    });
  }
  if (!limits) {
    findings.push({
      check,
      status: "warning",
      message: "run without limits of the kernel on memory and CPU: `prlimit` is not here",
      next: "Install util-linux, or limit the memory of the server's container.",
    });
  }
  return findings;
}
