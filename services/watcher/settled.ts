import type { Drifted } from "../../domain/watch/report.ts";
import type { Judgement } from "./ports.ts";

/** A doubt that was settled for one sight of an object. */
export interface Settled {
  sight: string;
  drift: Drifted | undefined;
  /** Health of an object that is there and isn't seen, and when it was read: nobody tells when it goes. */
  hidden?: ReturnType<Judgement["health"]>;
  at?: number;
}

/** An object whose label was removed is read again after so long: no watch tells of it. */
const HIDDEN_MS = 30_000;

/** Whether what was read may be another by now. */
export const isStale = ({ at }: Settled): boolean => at !== undefined && performance.now() - at >= HIDDEN_MS;
