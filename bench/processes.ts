import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";

/** Which processes are ours and which belong to the cluster, by their roots. */
export interface Roots {
  /** `sluice server`; NATS and Temporal are its children. */
  sluice: number;
  /** etcd, API server, controllers. */
  cluster: number[];
}

/** CPU seconds used so far. */
export interface Cpu {
  sluice: number;
  nats: number;
  temporal: number;
  cluster: number;
}

/** Memory of one process, in MiB. PSS counts a page that is shared by n processes as an n-th. */
export interface Memory {
  rss: number;
  pss: number;
  /** The highest RSS since its start. */
  peak: number;
}

const TICKS = Number(execFileSync("getconf", ["CLK_TCK"], { encoding: "utf8" }));

interface Stat {
  pid: number;
  parent: number;
  command: string;
  /** User and system time of itself, and of children that have ended. */
  ticks: number;
}

/** See proc_pid_stat(5); the command may hold blanks and parentheses. */
function statOf(pid: number): Stat | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "latin1");
    const end = text.lastIndexOf(")");
    const fields = text.slice(end + 2).split(" ");
    const ticks = [11, 12, 13, 14].reduce((sum, index) => sum + Number(fields[index]), 0);
    return { pid, parent: Number(fields[1]), command: text.slice(text.indexOf("(") + 1, end), ticks };
  } catch {
    return undefined;
  }
}

function tree(root: number): Stat[] {
  const all = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map((name) => statOf(Number(name)))
    .filter((stat) => stat !== undefined);
  const found: Stat[] = all.filter(({ pid }) => pid === root);
  for (const { pid } of found) found.push(...all.filter(({ parent }) => parent === pid));
  return found;
}

const kindOf = ({ command }: Stat): keyof Omit<Cpu, "cluster"> =>
  command.startsWith("nats-server") ? "nats" : command.startsWith("temporal") ? "temporal" : "sluice";

/** CPU seconds of Sluice with everything it runs (git, renderers), of its NATS and Temporal, and of the cluster. */
export function cpuOf({ sluice, cluster }: Roots): Cpu {
  const used: Cpu = { sluice: 0, nats: 0, temporal: 0, cluster: 0 };
  for (const stat of tree(sluice)) used[kindOf(stat)] += stat.ticks / TICKS;
  for (const root of cluster) for (const stat of tree(root)) used.cluster += stat.ticks / TICKS;
  return used;
}

export const cpuBetween = (before: Cpu, after: Cpu): Cpu => ({
  sluice: after.sluice - before.sluice,
  nats: after.nats - before.nats,
  temporal: after.temporal - before.temporal,
  cluster: after.cluster - before.cluster,
});

/** Memory by kind: `sluice` with its git processes, `nats`, `temporal`. */
export function memoryOf({ sluice }: Pick<Roots, "sluice">): Record<keyof Omit<Cpu, "cluster">, Memory> {
  const none = (): Memory => ({ rss: 0, pss: 0, peak: 0 });
  const used = { sluice: none(), nats: none(), temporal: none() };
  for (const stat of tree(sluice)) {
    const of = used[kindOf(stat)];
    const status = fieldsOf(`/proc/${stat.pid}/status`);
    of.rss += (status.get("VmRSS") ?? 0) / 1_024;
    of.peak += (status.get("VmHWM") ?? 0) / 1_024;
    of.pss += (fieldsOf(`/proc/${stat.pid}/smaps_rollup`).get("Pss") ?? 0) / 1_024;
  }
  return used;
}

/** Lines `Name:  12 kB` of a file in /proc, in kB. */
function fieldsOf(path: string): Map<string, number> {
  try {
    const lines = readFileSync(path, "latin1").split("\n");
    return new Map(
      lines.map((line) => [line.slice(0, line.indexOf(":")), Number.parseInt(line.slice(line.indexOf(":") + 1), 10)]),
    );
  } catch {
    return new Map();
  }
}
