import { SluiceError } from "../../schemas/errors.ts";
import type { GlobalOptions } from "./connection.ts";

/** Runs the server or the demo with the arguments given, and the data directory where that stood in front of the command. */
export async function forward(
  name: "server" | "demo",
  given: string[],
  options: GlobalOptions,
  out: (text: string) => void,
): Promise<number> {
  const taken = options.dataDir !== undefined && !given.includes("--data-dir") ? ["--data-dir", options.dataDir] : [];
  const args = [...taken, ...given];
  if (given.includes("--help") || given.includes("-h")) return help(name, out);
  try {
    if (name === "server") return await (await import("../server/main.ts")).main(args);
    return await (await import("../demo/main.ts")).main(args);
  } catch (thrown) {
    const { code, message } = thrown as { code?: unknown; message?: string };
    if (typeof code !== "string" || !code.startsWith("ERR_PARSE_ARGS")) throw thrown;
    throw new SluiceError("Usage", (message ?? "").split(". ")[0]!, {
      next: `Its flags: sluice ${name} --help`,
      cause: thrown,
    });
  }
}

async function help(name: "server" | "demo", out: (text: string) => void): Promise<number> {
  if (name === "server") out((await import("./server-help.ts")).serverHelp());
  else out(DEMO_HELP);
  return 0;
}

const DEMO_HELP = `Usage: sluice demo [options]

two clusters with simulated nodes, a repository served over HTTP and three applications on this machine, to try everything

Options:
  --once             go through the steps unattended, leave nothing running, exit with 0 or 1
  --port <port>      port of the API and the webhooks; a free one by default
  --data-dir <dir>   folder of everything that is kept (.sluice/demo)
  --no-color         no colours

Examples:
  $ sluice demo
  $ sluice demo --once
`;
