import { parentPort } from "node:worker_threads";

/** What the thread is asked: a program of jq and its input, as JSON. */
export interface JqRequest {
  program: string;
  input: string;
}
/** What jq printed, or what it complains of. */
export type JqAnswer = { output: string } | { error: string };

/** jq takes its input byte by byte off the front, and the package makes a copy of the rest for each. */
class Input extends Uint8Array<ArrayBuffer> {
  override slice(start?: number, end?: number): Input {
    return this.subarray(start, end) as Input;
  }
}

class Encoder extends TextEncoder {
  override encode(text?: string): Input {
    const bytes = super.encode(text);
    return new Input(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }
}

globalThis.TextEncoder = Encoder;
const { raw } = await import("jq-wasm");

parentPort?.on("message", ({ program, input }: JqRequest) => {
  raw(input, program, ["-c"]).then(
    (output) => parentPort?.postMessage({ output } satisfies JqAnswer),
    (error: unknown) => parentPort?.postMessage({ error: String(error) } satisfies JqAnswer),
  );
});
