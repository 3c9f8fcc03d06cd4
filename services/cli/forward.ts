import type { GlobalOptions } from "./connection.ts";

/** Runs the server or the demo with the arguments given, and the data directory where that stood in front of the command. */
export async function forward(name: "server" | "demo", given: string[], options: GlobalOptions): Promise<number> {
  const taken = options.dataDir !== undefined && !given.includes("--data-dir") ? ["--data-dir", options.dataDir] : [];
  const args = [...taken, ...given];
  if (name === "server") return (await import("../server/main.ts")).main(args);
  return (await import("../demo/main.ts")).main(args);
}
