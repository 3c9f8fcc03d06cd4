import { spawn, type ChildProcessWithoutNullStreams } from "node:child_process";

/** An object as git has it. */
export interface GitObject {
  oid: string;
  type: string;
  size: number;
  /** Only when its content was asked for. */
  bytes?: Buffer;
}

interface Pending {
  contents: boolean;
  resolve: (object: GitObject | undefined) => void;
  reject: (error: Error) => void;
}

/** Thrown when the process ended before it answered: killed, or it met a damaged object. */
export class CatFileEnded extends Error {}

/**
 * A long-lived `git cat-file --batch-command` process on one repository. Questions are answered in order; undefined stands
 * for an object that is not there.
 */
export class CatFile {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #pending: Pending[] = [];
  #chunks: Buffer[] = [];
  #length = 0;
  /** Header of the object whose content is still arriving. */
  #header: GitObject | undefined;
  #ended: CatFileEnded | undefined;

  constructor(dir: string, environment: Record<string, string>) {
    this.#child = spawn("git", ["cat-file", "--batch-command"], { cwd: dir, env: environment, stdio: "pipe" });
    this.#child.stdout.on("data", (chunk: Buffer) => this.#take(chunk));
    this.#child.stderr.resume();
    this.#child.stdin.on("error", () => {});
    this.#child.once("error", (error) => this.#end(new CatFileEnded(error.message)));
    this.#child.once("close", () => this.#end(new CatFileEnded("git cat-file ended")));
    this.#child.unref();
    for (const stream of [this.#child.stdin, this.#child.stdout, this.#child.stderr]) unref(stream);
  }

  get ended(): boolean {
    return this.#ended !== undefined;
  }

  get idle(): boolean {
    return this.#pending.length === 0;
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Type and size of what a name (an id, a ref, `<ref>^{commit}`) stands for. The name has no newline. */
  info(name: string): Promise<GitObject | undefined> {
    return this.#ask("info", name);
  }

  contents(name: string): Promise<GitObject | undefined> {
    return this.#ask("contents", name);
  }

  close(): void {
    this.#child.stdin.end();
    this.#child.kill("SIGKILL");
    this.#end(new CatFileEnded("git cat-file was closed"));
  }

  #ask(command: "info" | "contents", name: string): Promise<GitObject | undefined> {
    if (this.#ended) return Promise.reject(this.#ended);
    return new Promise((resolve, reject) => {
      this.#pending.push({ contents: command === "contents", resolve, reject });
      if (this.#pending.length === 1) this.#hold(true);
      this.#child.stdin.write(`${command} ${name}\n`);
    });
  }

  /** Keeps this process's event loop alive while an answer is awaited, and only then. */
  #hold(on: boolean): void {
    const stream = this.#child.stdout as unknown as { ref?(): void; unref?(): void };
    if (on) stream.ref?.();
    else stream.unref?.();
  }

  #take(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#length += chunk.length;
    while (this.#pending.length > 0 && this.#next());
    if (this.#pending.length === 0) this.#hold(false);
  }

  /** Takes one answer out of what arrived; false when it is not whole yet. */
  #next(): boolean {
    if (this.#header) return this.#body(this.#header);
    const buffer = this.#joined();
    const end = buffer.indexOf(10);
    if (end < 0) return false;
    const line = buffer.toString("utf8", 0, end);
    this.#drop(buffer, end + 1);
    const match = /^([0-9a-f]+) (\w+) (\d+)$/.exec(line);
    if (!match) {
      this.#pending.shift()!.resolve(undefined);
      return true;
    }
    const object = { oid: match[1]!, type: match[2]!, size: Number(match[3]) };
    if (this.#pending[0]!.contents) this.#header = object;
    else this.#pending.shift()!.resolve(object);
    return true;
  }

  #body(header: GitObject): boolean {
    if (this.#length < header.size + 1) return false;
    const buffer = this.#joined();
    this.#header = undefined;
    const bytes = Buffer.from(buffer.subarray(0, header.size));
    this.#drop(buffer, header.size + 1);
    this.#pending.shift()!.resolve({ ...header, bytes });
    return true;
  }

  #joined(): Buffer {
    if (this.#chunks.length !== 1) this.#chunks = [Buffer.concat(this.#chunks)];
    return this.#chunks[0]!;
  }

  #drop(buffer: Buffer, count: number): void {
    const rest = buffer.subarray(count);
    this.#chunks = rest.length === 0 ? [] : [rest];
    this.#length = rest.length;
  }

  #end(error: CatFileEnded): void {
    this.#ended ??= error;
    for (const { reject } of this.#pending.splice(0)) reject(this.#ended);
  }
}

/** A process that only waits for questions must not keep the service from ending. */
function unref(stream: object): void {
  (stream as { unref?(): void }).unref?.();
}
