import { describe, expect, it } from "vitest";
import { addressRules } from "../../../adapters/measurement/address.ts";

const { allows } = addressRules([]);

describe("addresses that nothing may lead to", () => {
  it.each([
    "169.254.169.254",
    "168.63.129.16",
    "100.100.100.200",
    "192.0.0.192",
    "0.0.0.0",
    "fe80::1",
    "fe80::1%eth0",
    "fd00:ec2::254",
    "fd00:ec2::23",
    "fd20:ce::254",
    "::",
  ])("%s", (address) => expect(allows(address)).toBe(false));

  it.each([
    ["mapped", "::ffff:169.254.169.254"],
    ["mapped, in hexadecimal", "::ffff:a9fe:a9fe"],
    ["translated", "::ffff:0:169.254.169.254"],
    ["compatible", "::169.254.169.254"],
    ["compatible, in hexadecimal", "::a9fe:a9fe"],
    ["behind NAT64", "64:ff9b::169.254.169.254"],
    ["behind NAT64 with a local prefix", "64:ff9b:1::a9fe:a9fe"],
    ["behind NAT64 with a local prefix of a network", "64:ff9b:1:7:0:0:a9fe:a9fe"],
    ["behind NAT64 with a prefix of 48 bits", "64:ff9b:1:a9fe:a9:fe00::"],
    ["behind NAT64 with a prefix of 64 bits", "64:ff9b:1:7:a9:fea9:fe00:0"],
    ["6to4", "2002:a9fe:a9fe::1"],
  ])("%s", (_, address) => expect(allows(address)).toBe(false));

  it.each([
    "127.0.0.1",
    "::1",
    "::ffff:127.0.0.1",
    "10.0.0.1",
    "192.0.0.191",
    "2001:db8::1",
    "fd00:ec2::253",
    "64:ff9b::10.0.0.1",
    "64:ff9b:1:a00:0:100::",
    "2002:a00:1::1",
    "2003:a9fe:a9fe::1",
  ])("%s is none", (address) => expect(allows(address)).toBe(true));

  it("is one that configuration allows, however it is written", () => {
    const rules = addressRules(["169.254.169.254"]);
    expect(rules.allows("::ffff:169.254.169.254")).toBe(true);
    expect(rules.allows("2002:a9fe:a9fe::1")).toBe(true);
    expect(rules.allows("169.254.169.253")).toBe(false);
  });
});
