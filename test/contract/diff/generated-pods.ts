import fc from "fast-check";

/** Parts of generated objects: how people write one thing in many ways, and pods above all. */

export const maybe = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(value, { nil: undefined });
export const record = (model: Record<string, fc.Arbitrary<unknown>>): fc.Arbitrary<Record<string, unknown>> =>
  fc.record(model).map(defined);
/** What is left out is not there at all. */
const defined = (object: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined));
export const constant = fc.constant;
export const oneOf = <T>(...values: T[]): fc.Arbitrary<T> => fc.constantFrom(...values);
export const word = fc.stringMatching(/^[a-z]([a-z0-9-]{0,8}[a-z0-9])?$/);
export const words = (most = 3) => fc.uniqueArray(word, { minLength: 1, maxLength: most });
export const text = fc.oneof(
  fc.string({ maxLength: 20 }),
  constant("two\nlines\n"),
  constant("yes"),
  constant("0777"),
  constant(""),
);
const label = fc.oneof(word, constant(""), constant("1"), constant("true"));
export const strings = fc.dictionary(word, label, { maxKeys: 3 });

export const cpu = oneOf<unknown>("1000m", "1", "0.5", "500m", "100m", "1.5", 2, 1);
export const memory = oneOf<unknown>("0.5Gi", "512Mi", "1Gi", "1024Mi", "1e9", "128974848", "1G", 1_073_741_824);
const resources = record({
  requests: maybe(record({ cpu: constant("10m"), memory: maybe(oneOf("1Mi", "0.001Gi")) })),
  limits: maybe(record({ cpu: maybe(cpu), memory: maybe(memory) })),
});
export const portNumber = fc.integer({ min: 1, max: 65_535 });
const containerPorts = fc
  .uniqueArray(portNumber, { maxLength: 3 })
  .chain((numbers) =>
    fc.tuple(
      ...numbers.map((containerPort) =>
        record({ containerPort: constant(containerPort), protocol: maybe(oneOf("TCP")) }),
      ),
    ),
  );
const env = fc
  .uniqueArray(word, { maxLength: 3 })
  .map((names) =>
    names.map((name, at) =>
      at === 1
        ? { name, valueFrom: { fieldRef: { fieldPath: "metadata.name" } } }
        : { name, value: at === 0 ? "" : "x y" },
    ),
  );
const probe = record({
  httpGet: record({
    path: maybe(constant("/")),
    port: fc.oneof<fc.Arbitrary<unknown>[]>(constant("http"), constant(8080)),
  }),
  periodSeconds: maybe(fc.integer({ min: 1, max: 60 })),
  timeoutSeconds: maybe(constant(1)),
});
const container = (name: string, probes = true) =>
  record({
    name: constant(name),
    image: oneOf("nginx", "nginx:latest", "registry.example/web:1"),
    imagePullPolicy: maybe(oneOf("Always", "IfNotPresent")),
    args: maybe(fc.array(fc.string({ maxLength: 5 }), { maxLength: 2 })),
    ports: maybe(containerPorts),
    env: maybe(env),
    resources: maybe(resources),
    readinessProbe: probes ? maybe(probe) : constant(undefined),
    securityContext: maybe(oneOf({}, { runAsNonRoot: true, capabilities: { drop: ["ALL"] } })),
    volumeMounts: maybe(constant([{ name: "tmp", mountPath: "/tmp" }])),
  });
export const podSpec = (restartPolicy: fc.Arbitrary<string | undefined>) =>
  record({
    containers: fc
      .tuple(container("web"), container("side"))
      .chain(([web, side]) => oneOf<unknown>([web], [web, side], [side, web])),
    initContainers: maybe(fc.tuple(container("init", false))),
    restartPolicy,
    volumes: constant([
      { name: "tmp", emptyDir: {} },
      { name: "all", projected: { sources: [{ configMap: { name: "c" } }] } },
    ]),
    securityContext: maybe(oneOf({}, { fsGroup: 1000 })),
    tolerations: maybe(
      constant([
        { key: "dedicated", operator: "Exists" },
        { key: "x", value: "y", effect: "NoSchedule" },
      ]),
    ),
    affinity: maybe(oneOf({}, { podAntiAffinity: {} })),
    nodeSelector: maybe(strings),
    terminationGracePeriodSeconds: maybe(oneOf(0, 30)),
    dnsPolicy: maybe(constant("ClusterFirst")),
    serviceAccountName: maybe(constant("default")),
    topologySpreadConstraints: maybe(
      constant([
        {
          maxSkew: 1,
          topologyKey: "zone",
          whenUnsatisfiable: "ScheduleAnyway",
          labelSelector: { matchLabels: { app: "web" } },
        },
      ]),
    ),
  });
export const selected = { app: "web" };
export const template = (restartPolicy: fc.Arbitrary<string | undefined> = maybe(constant("Always"))) =>
  record({
    metadata: strings.map((labels) => ({ labels: { ...labels, ...selected }, annotations: {} })),
    spec: podSpec(restartPolicy),
  });
export const selector = constant({ matchLabels: selected });
export const intOrPercent = oneOf<unknown>(1, 0, "25%", "1%");
