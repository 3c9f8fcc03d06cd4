import { hash } from "node:crypto";

/** sha256 in lower-case hex. */
export const sha256 = (data: Uint8Array | string): string => hash("sha256", data, "hex");
