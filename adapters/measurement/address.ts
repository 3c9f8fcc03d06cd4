import { BlockList, isIP } from "node:net";

/**
 * Addresses that no measurement may ask, unless configuration allows them: link-local ones and those under which clouds hand out
 * credentials of the machine, whatever name leads there.
 */
const REFUSED: [string, number, "ipv4" | "ipv6"][] = [
  ["169.254.0.0", 16, "ipv4"],
  ["0.0.0.0", 8, "ipv4"],
  // Alibaba Cloud's and Azure's metadata services stand outside the link-local range.
  ["100.100.100.200", 32, "ipv4"],
  ["168.63.129.16", 32, "ipv4"],
  ["fe80::", 10, "ipv6"],
  ["::", 128, "ipv6"],
  ["fd00:ec2::254", 128, "ipv6"],
];

/** Says of addresses whether a measurement may ask them. */
export interface AddressRules {
  /** Whether the address, given as text, may be connected to. */
  allows(address: string): boolean;
  /** Whether configuration names the host itself. */
  names(host: string): boolean;
}

/** Rules of what configuration allows besides: host names, addresses, and ranges such as `169.254.10.0/24`. */
export function addressRules(allowed: readonly string[]): AddressRules {
  const refused = new BlockList();
  for (const [net, bits, family] of REFUSED) refused.addSubnet(net, bits, family);
  const excepted = new BlockList();
  const hosts = new Set<string>();
  for (const entry of allowed) {
    const [net = "", bits] = entry.split("/");
    const family = isIP(net) === 6 ? "ipv6" : "ipv4";
    if (isIP(net) === 0) hosts.add(entry.toLowerCase());
    else if (bits === undefined) excepted.addAddress(net, family);
    else excepted.addSubnet(net, Number(bits), family);
  }
  return {
    allows(address) {
      const plain = unmapped(address);
      const family = isIP(plain) === 6 ? "ipv6" : "ipv4";
      return !refused.check(plain, family) || excepted.check(plain, family);
    },
    names: (host) => hosts.has(host.toLowerCase()),
  };
}

/** An IPv4 address that is written as an IPv6 one, mapped (`::ffff:`) or translated (`64:ff9b::`), is that address. */
function unmapped(address: string): string {
  const bare = address.split("%")[0]!;
  if (isIP(bare) !== 6) return bare;
  const groups = expanded(bare);
  const prefix = groups.slice(0, 6).join(":");
  if (prefix !== "0:0:0:0:0:ffff" && prefix !== "64:ff9b:0:0:0:0") return bare;
  const [high, low] = groups.slice(6).map((group) => Number.parseInt(group, 16)) as [number, number];
  return [high >> 8, high & 255, low >> 8, low & 255].join(".");
}

/** The eight groups of an IPv6 address, without leading zeros. */
function expanded(address: string): string[] {
  const dotted = /^(.*:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(address);
  const text = dotted
    ? `${dotted[1]}${hex(Number(dotted[2]) * 256 + Number(dotted[3]))}:${hex(Number(dotted[4]) * 256 + Number(dotted[5]))}`
    : address;
  const [head = "", tail] = text.split("::");
  const left = head === "" ? [] : head.split(":");
  const right = tail === undefined || tail === "" ? [] : tail.split(":");
  const gap = tail === undefined ? 0 : 8 - left.length - right.length;
  return [...left, ...Array.from({ length: gap }, () => "0"), ...right].map((group) => hex(Number.parseInt(group, 16)));
}

const hex = (value: number): string => value.toString(16);
