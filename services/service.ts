/** A started service: `server` composes several of them in one process, a role runs one alone. */
export interface Service {
  name: string;
  /** Undefined when ready; otherwise one sentence on what it waits for. */
  notReady(): string | undefined;
  /** Takes no new work, finishes or hands back what is in flight, and resolves. Safe to call twice. */
  stop(): Promise<void>;
}
