import { z } from "zod";

export const ROLES = ["gateway", "dispatcher", "watcher", "worker", "api"] as const;
/** One service of the server; a process runs all of them or some. */
export type Role = (typeof ROLES)[number];

const Port = z.coerce.number().int().min(0).max(65_535);
const List = (item: z.ZodType<string>) =>
  z.preprocess(
    (value) =>
      typeof value === "string"
        ? value
            .split(",")
            .map((part) => part.trim())
            .filter(Boolean)
        : value,
    z.array(item),
  );

/**
 * The one configuration of `sluice server`. Every setting can stand in the file, in the environment (`SLUICE_` and the path in
 * capitals, as in `SLUICE_NATS_URL`) and, the common ones, in a flag; flags win over the environment, the environment over the file.
 */
export const ServerConfiguration = z.strictObject({
  dataDir: z
    .string()
    .default(".sluice")
    .describe("Folder of everything that is kept: keys, token, NATS, Temporal, mirrors, views."),
  role: List(z.enum(["all", ...ROLES]))
    .default(["all"])
    .describe("Which services this process runs; all of them by default."),
  listen: z
    .strictObject({
      host: z.string().default("127.0.0.1").describe("Address of the API and the webhooks."),
      port: Port.default(8080).describe("Port of the API and the webhooks; 0 takes a free one."),
    })
    .prefault({}),
  externalURL: z
    .url()
    .optional()
    .describe("Address under which people reach the API, for links in notifications; without it they have none."),
  nats: z
    .strictObject({
      url: z
        .string()
        .optional()
        .describe("An external NATS server; without it one is started under the data directory."),
      user: z.string().optional(),
      password: z.string().optional(),
      token: z.string().optional(),
      monitoringUrl: z
        .url()
        .optional()
        .describe("Monitoring address of the external server, for what `sluice doctor` says of its disk."),
      replicas: z.coerce.number().int().min(1).max(5).default(1).describe("Replicas of every stream and bucket."),
      port: Port.optional().describe("Port of the started server; a free one by default."),
    })
    .prefault({}),
  temporal: z
    .strictObject({
      address: z
        .string()
        .optional()
        .describe("An external Temporal server; without it one is started under the data directory."),
      namespace: z.string().default("default"),
      taskQueue: z.string().default("sluice"),
      port: Port.optional().describe("Port of the started server; a free one by default."),
    })
    .prefault({}),
  keyFile: z
    .string()
    .optional()
    .describe(
      "Key of all sealed values; `keys/master.key` in the data directory by default. Every process needs the same.",
    ),
  tokenFile: z.string().optional().describe("Bearer token of the API; `token` in the data directory by default."),
  log: z
    .strictObject({
      level: z.enum(["trace", "debug", "info", "warn", "error", "silent"]).default("info"),
      format: z.enum(["json", "pretty"]).default("json"),
    })
    .prefault({}),
  git: z
    .strictObject({
      allowPlainHttp: List(z.string())
        .default([])
        .describe("Hosts that may be read over plain http; loopback addresses always may."),
      timeoutSeconds: z.coerce.number().int().min(1).default(120).describe("Limit of one fetch."),
    })
    .prefault({}),
  render: z
    .strictObject({
      timeoutSeconds: z.coerce.number().int().min(1).default(60),
      memoryMiB: z.coerce.number().int().min(64).default(1024),
      outputMiB: z.coerce.number().int().min(1).default(64),
      concurrency: z.coerce.number().int().min(1).default(4).describe("Renderers at work at once."),
    })
    .prefault({}),
  verification: z
    .strictObject({
      allowAddresses: List(z.string())
        .default([])
        .describe("Hosts, addresses and ranges that verifications may ask although they are internal."),
    })
    .prefault({}),
  worker: z
    .strictObject({
      operations: z.coerce.number().int().min(1).default(16).describe("Operations that this process works on at once."),
      applyConcurrency: z.coerce.number().int().min(1).default(16).describe("Requests in flight at once per cluster."),
    })
    .prefault({}),
});

/** A configuration with its defaults filled in. */
export type ServerConfiguration = z.output<typeof ServerConfiguration>;
