/** Reads the fields of a message in the form of RFC 4251, section 5, one after the other. Throws RangeError past its end. */
export interface SshReader {
  uint32(): number;
  string(): Buffer;
  text(): string;
}

export function read(bytes: Buffer): SshReader {
  let at = 0;
  const uint32 = (): number => {
    const value = bytes.readUInt32BE(at);
    at += 4;
    return value;
  };
  const string = (): Buffer => {
    const length = uint32();
    if (at + length > bytes.length) throw new RangeError("past the end");
    at += length;
    return bytes.subarray(at - length, at);
  };
  return { uint32, string, text: () => string().toString("utf8") };
}

/** A string of RFC 4251: its length, then its bytes. */
export function sshString(value: string | Uint8Array): Buffer {
  const bytes = Buffer.from(value);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

/** A positive number of RFC 4251, out of its bytes. */
export function sshNumber(value: Uint8Array): Buffer {
  let from = 0;
  while (from < value.length - 1 && value[from] === 0) from += 1;
  const bytes = value.subarray(from);
  return sshString((bytes[0] ?? 0) & 0x80 ? Buffer.concat([Buffer.alloc(1), bytes]) : bytes);
}
