import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { loadConfiguration, settingPaths, variableOf } from "../../services/server/configuration.ts";

interface ComposeService {
  image: string;
  environment?: Record<string, string>;
  ports?: string[];
  volumes?: string[];
  healthcheck?: unknown;
  depends_on?: Record<string, { condition: string }>;
  read_only?: boolean;
}

const compose = parse(readFileSync("docker-compose.yml", "utf8"), { merge: true }) as {
  services: Record<string, ComposeService>;
  volumes: Record<string, unknown>;
};
const service = (name: string): ComposeService => {
  const found = compose.services[name];
  if (!found) throw new Error(`docker-compose.yml has no service ${name}`);
  return found;
};
const filledIn = (environment: Record<string, string> = {}): Record<string, string> =>
  Object.fromEntries(
    Object.entries(environment).map(([key, value]) => [key, value.replace(/\$\{[^}]+\}/g, "filled-in")]),
  );

test("the services' settings fit the configuration schema, and none is misspelt", () => {
  const environment = filledIn(service("sluice").environment);
  const known = settingPaths().map(variableOf);
  for (const name of Object.keys(environment)) expect(known).toContain(name);
  const configuration = loadConfiguration({ environment, flags: [] });
  expect(configuration.nats.url).toBe("nats://nats:4222");
  expect(configuration.temporal.address).toBe("temporal:7233");
});

test("every service has a health check, and waits for what it needs", () => {
  for (const [name, { healthcheck }] of Object.entries(compose.services)) expect(healthcheck, name).toBeDefined();
  expect(Object.keys(service("sluice").depends_on ?? {}).toSorted()).toEqual(["nats", "temporal"]);
  expect(Object.keys(service("temporal").depends_on ?? {})).toEqual(["postgres"]);
});

test("only Sluice's port is published, on loopback", () => {
  for (const [name, { ports }] of Object.entries(compose.services)) {
    if (name === "sluice") expect(ports).toEqual(["127.0.0.1:${SLUICE_PORT:-8080}:8080"]);
    else expect(ports, name).toBeUndefined();
  }
});

test("no password has a default, and every image is pinned", () => {
  expect(readFileSync("docker-compose.yml", "utf8")).not.toMatch(/PASSWORD:-/);
  for (const { image } of Object.values(compose.services)) expect(image).not.toMatch(/:latest$|^[^:]+$/);
});

test("NATS syncs every acknowledged message to a volume", () => {
  expect(readFileSync("deploy/compose/nats.conf", "utf8")).toMatch(/^\s*sync_interval: always$/m);
  expect(service("nats").volumes).toContain("nats:/data");
  expect(Object.keys(compose.volumes)).toEqual(expect.arrayContaining(["nats", "postgres", "sluice"]));
});
