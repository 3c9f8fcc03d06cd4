import { lookup as resolve, type LookupAddress } from "node:dns";
import { BlockList, isIP, type LookupFunction } from "node:net";

/**
 * Addresses that nothing from outside may lead to, unless configuration allows them: link-local ones and those under which clouds hand
 * out credentials of the machine, whatever name leads there.
 */
const REFUSED: [string, number, "ipv4" | "ipv6"][] = [
  ["169.254.0.0", 16, "ipv4"],
  ["0.0.0.0", 8, "ipv4"],
  // Alibaba Cloud's and Azure's metadata services stand outside the link-local range.
  ["100.100.100.200", 32, "ipv4"],
  ["168.63.129.16", 32, "ipv4"],
  ["fe80::", 10, "ipv6"],
  ["::", 128, "ipv6"],
  // Amazon's, its resolver, and Google's; Oracle's is an address of its own.
  ["fd00:ec2::254", 128, "ipv6"],
  ["fd00:ec2::23", 128, "ipv6"],
  ["fd20:ce::254", 128, "ipv6"],
  ["192.0.0.192", 32, "ipv4"],
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
      return formsOf(address).every((form) => {
        const family = isIP(form) === 6 ? "ipv6" : "ipv4";
        return !refused.check(form, family) || excepted.check(form, family);
      });
    },
    names: (host) => hosts.has(host.toLowerCase()),
  };
}

/** Looks a name up and takes only addresses that may be asked: what was looked at is what is connected to. */
export function guardedLookup(rules: AddressRules, refused: (address: string) => Error): LookupFunction {
  return (hostname, options, callback) => {
    resolve(hostname, { ...options, all: true }, (error, addresses: LookupAddress[]) => {
      if (error) return callback(error, "", 0);
      const allowed = rules.names(hostname) ? addresses : addresses.filter(({ address }) => rules.allows(address));
      const [first] = allowed;
      if (!first) return callback(refused(`${hostname} (${addresses[0]?.address ?? "no address"})`), "", 0);
      return options.all ? callback(null, allowed) : callback(null, first.address, first.family);
    });
  };
}

/** An address, and the IPv4 addresses that it stands for where a gateway or the system takes it for one. */
function formsOf(address: string): string[] {
  const bare = address.split("%")[0]!;
  if (isIP(bare) !== 6) return [bare];
  const groups = expanded(bare);
  const bytes = groups.flatMap((group) => [Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 255]);
  const inner = placesOfIpv4(groups).map((places) => places.map((place) => bytes[place]).join("."));
  // The loopback and unspecified addresses look like compatible ones.
  if (bytes.slice(0, 14).every((byte) => byte === 0)) return [bare];
  // Of several readings those that begin with zero are no address.
  return [bare, ...(inner.length > 1 ? inner.filter((text) => !text.startsWith("0.")) : inner)];
}

const LAST = [12, 13, 14, 15];

/**
 * The bytes at which an IPv4 address stands: mapped (`::ffff:a.b.c.d`), translated (`::ffff:0:a.b.c.d`), compatible (`::a.b.c.d`), behind
 * NAT64 (`64:ff9b::/96`, and `64:ff9b:1::/48` with any of the lengths of RFC 6052), or of 6to4 (`2002::/16`).
 */
function placesOfIpv4(groups: readonly string[]): number[][] {
  const prefix = groups.join(":");
  if (prefix.startsWith("2002:")) return [[2, 3, 4, 5]];
  if (prefix.startsWith("64:ff9b:0:0:0:0:")) return [LAST];
  if (prefix.startsWith("64:ff9b:1:")) return [LAST, [6, 7, 9, 10], [7, 9, 10, 11], [9, 10, 11, 12]];
  return /^0:0:0:0:(0:0|0:ffff|ffff:0):/.test(prefix) ? [LAST] : [];
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
