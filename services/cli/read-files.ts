import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { SluiceError } from "../../schemas/errors.ts";
import type { Io } from "./io.ts";

/** A file's name, for problems, and its text. */
export interface InputFile {
  file: string;
  text: string;
}

/** What the server takes in one request. */
const MOST_BYTES = 8 * 1024 * 1024;
const CONFIGURATION = /\.(ya?ml|json)$/;

/** The texts of files, of the YAML and JSON files in directories, and of standard input for `-`. */
export async function readInputs(
  names: readonly string[],
  options: { recursive: boolean },
  io: Io,
): Promise<InputFile[]> {
  const inputs: InputFile[] = [];
  for (const name of names) {
    if (name === "-") inputs.push({ file: "stdin", text: await io.readStdin() });
    else inputs.push(...readName(name, options.recursive));
  }
  return inputs;
}

function readName(name: string, recursive: boolean): InputFile[] {
  if (!stat(name).isDirectory()) return [{ file: name, text: read(name) }];
  const files = list(name, recursive);
  if (files.length > 0) return files.map((file) => ({ file, text: read(file) }));
  throw new SluiceError("Usage", `The directory ${name} holds no .yaml, .yml or .json file`, {
    next: recursive
      ? "Name another directory."
      : "Name another directory, or look into its subdirectories with --recursive.",
  });
}

function list(directory: string, recursive: boolean): string[] {
  const entries = readdirSync(directory, { withFileTypes: true }).toSorted((a, b) => (a.name < b.name ? -1 : 1));
  return entries.flatMap((entry) => {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) return recursive && !entry.name.startsWith(".") ? list(path, true) : [];
    // A pipe would be waited for, and a device may have no end.
    return CONFIGURATION.test(entry.name) && stat(path).isFile() ? [path] : [];
  });
}

function stat(name: string) {
  try {
    return statSync(name);
  } catch {
    throw new SluiceError("Usage", `There is no file or directory ${name}`, {
      next: "Name an existing one, or - for standard input.",
    });
  }
}

function read(file: string): string {
  const { size } = stat(file);
  if (size > MOST_BYTES) {
    throw new SluiceError("Usage", `The file ${file} has ${size} bytes, more than the server takes`, {
      next: "Name files with configuration only, or split it.",
    });
  }
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    throw new SluiceError("Usage", `The file ${file} can't be read`, { next: "Check its permissions.", cause });
  }
}
