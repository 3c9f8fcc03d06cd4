import { styleText } from "node:util";

/** Without a terminal a step that takes long says so this often, so that nobody takes it for dead. */
const STILL_MS = 5_000;

/** Tells a story step by step: one line each with its time; on a terminal the line lives while the step runs. */
export interface Narrator {
  /** Runs a step. What `progress` says is shown while it runs; without a terminal, only now and then. Returns the step's value. */
  step<Value>(title: string, run: (progress: (text: string) => void) => Promise<Value>): Promise<Value>;
  say(line?: string): void;
}

interface Output {
  write(text: string): unknown;
  isTTY?: boolean;
  columns?: number;
}

const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`.padStart(8);

export function createNarrator(output: Output, options: { color: boolean; stillMs?: number }): Narrator {
  const live = output.isTTY === true;
  const paint = (style: Parameters<typeof styleText>[0], text: string): string =>
    options.color ? styleText(style, text, { validateStream: false }) : text;
  const redraw = (line: string): void => {
    output.write(`\r\u001B[2K${line.slice(0, (output.columns ?? 120) - 1)}`);
  };

  return {
    async step(title, run) {
      const began = performance.now();
      let detail = "";
      const draw = (): void => redraw(`${seconds(performance.now() - began)}    ${title} ${detail}`);
      const still = (): void =>
        void output.write(`${seconds(performance.now() - began)}  … ${title}${detail === "" ? "" : `: ${detail}`}\n`);
      const timer = live ? setInterval(draw, 100) : setInterval(still, options.stillMs ?? STILL_MS);
      const end = (mark: string, more: string): void => {
        clearInterval(timer);
        if (live) output.write("\r\u001B[2K");
        output.write(`${seconds(performance.now() - began)}  ${mark} ${title}${more}\n`);
      };
      try {
        const value = await run((text) => {
          detail = text;
        });
        end(paint("green", "✓"), "");
        return value;
      } catch (error) {
        end(paint("red", "✗"), "");
        throw error;
      }
    },
    say: (line = "") => void output.write(`${line}\n`),
  };
}
