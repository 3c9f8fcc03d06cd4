import { posix } from "node:path";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";

/** A regular file of an archive. */
export interface PackedFile {
  path: string;
  bytes: Buffer;
}

const BLOCK = 512;
const unzip = promisify(gunzip);

/**
 * The files of a packed chart (`.tgz`), by name as helm reads it: PAX and GNU long names are followed, `\` parts directories too. Throws when
 * it is no such archive, has a size that can't be told, or unpacks to more than a limit.
 */
export async function unpack(archive: Uint8Array, mostBytes: number): Promise<PackedFile[]> {
  const tar = await unzip(archive, { maxOutputLength: mostBytes });
  const files: PackedFile[] = [];
  let longName: string | undefined;
  for (let at = 0; at + BLOCK <= tar.length;) {
    const header = tar.subarray(at, at + BLOCK);
    if (header.every((byte) => byte === 0)) break;
    const size = sizeOf(header);
    const bytes = tar.subarray(at + BLOCK, at + BLOCK + size);
    if (bytes.length < size) throw new Error("the archive is cut off");
    at += BLOCK + Math.ceil(size / BLOCK) * BLOCK;
    const type = String.fromCharCode(header[156]!);
    if (type === "L") longName = untilNul(bytes);
    else if (type === "x") longName = paxPath(bytes) ?? longName;
    else {
      if (type === "0" || type === "\0" || type === "7") files.push({ path: clean(longName ?? nameIn(header)), bytes });
      longName = undefined;
    }
  }
  return files;
}

const clean = (path: string): string => posix.normalize(path.replaceAll("\\", "/")).replace(/\/+$/, "");

const untilNul = (bytes: Uint8Array): string => {
  const end = bytes.indexOf(0);
  return Buffer.from(end < 0 ? bytes : bytes.subarray(0, end)).toString("utf8");
};

function nameIn(header: Buffer): string {
  const name = untilNul(header.subarray(0, 100));
  const prefix = header.toString("latin1", 257, 262) === "ustar" ? untilNul(header.subarray(345, 500)) : "";
  return prefix === "" ? name : `${prefix}/${name}`;
}

function sizeOf(header: Buffer): number {
  const text = header.toString("latin1", 124, 136).replaceAll(/[\0 ]/g, "");
  if (!/^[0-7]{0,12}$/.test(text)) throw new Error("a size in the archive can't be read");
  return text === "" ? 0 : Number.parseInt(text, 8);
}

/** The path among PAX records, `<length> <key>=<value>\n` each. One that gives another size is refused: what follows would be misread. */
function paxPath(bytes: Buffer): string | undefined {
  let path: string | undefined;
  for (let at = 0; at < bytes.length;) {
    const space = bytes.indexOf(32, at);
    const length = Number(bytes.toString("latin1", at, space));
    if (space < 0 || !Number.isSafeInteger(length) || length <= space - at)
      throw new Error("a PAX header can't be read");
    const record = bytes.toString("utf8", space + 1, at + length - 1);
    const cut = record.indexOf("=");
    const key = record.slice(0, cut);
    if (key === "size" || key.startsWith("GNU.sparse")) throw new Error("the archive has sizes of its own");
    if (key === "path") path = record.slice(cut + 1);
    at += length;
  }
  return path;
}
