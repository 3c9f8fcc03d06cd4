import type { Handlers } from "./call.ts";
import type { ApiPorts } from "./ports.ts";

type SystemRoutes = "verifyLedger" | "rebuildViews" | "getVersion" | "getDoctor";

/** Routes about the server itself. */
export function systemHandlers({
  ledger,
  rebuild,
  doctor,
  version,
}: Pick<ApiPorts, "ledger" | "rebuild" | "doctor"> & { version: string }): Required<Pick<Handlers, SystemRoutes>> {
  return {
    verifyLedger: () => ledger.verify(),
    rebuildViews: () => rebuild(),
    getVersion: async () => ({ version, api: "v1", node: process.version }),
    getDoctor: async () => ({ findings: await doctor() }),
  };
}
