/** How much one source may hold and one rendering may take. */
export interface RenderLimits {
  /** Wall clock of one tool, milliseconds. */
  timeoutMs: number;
  /** Data memory of one tool, bytes. */
  memoryBytes: number;
  /** CPU time of one tool, seconds. */
  cpuSeconds: number;
  /** What one tool may print. */
  outputBytes: number;
  /** Files that one source may have, and their bytes one by one and together. */
  files: number;
  fileBytes: number;
  totalBytes: number;
  /** Kubernetes objects of one rendering. */
  objects: number;
  /** Nesting of YAML and JSON. */
  depth: number;
  /** Values of one rendering, aliases counted as often as they are used. */
  nodes: number;
  /** Tools at work at once. */
  concurrency: number;
}

const MiB = 1024 * 1024;

/** Four times what the largest sources seen in the field need. */
export const DEFAULT_LIMITS: RenderLimits = {
  timeoutMs: 60_000,
  memoryBytes: 1024 * MiB,
  cpuSeconds: 60,
  outputBytes: 64 * MiB,
  files: 10_000,
  fileBytes: 8 * MiB,
  totalBytes: 64 * MiB,
  objects: 20_000,
  depth: 100,
  nodes: 4_000_000,
  concurrency: 4,
};
