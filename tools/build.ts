import { readdirSync, readFileSync, rmSync } from "node:fs";
import { basename, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import type { BuildResult, Plugin } from "esbuild";

/**
 * `node tools/build.ts [--programs-to DIR]`: builds dist/: cli.js, server.js and demo.js with the parts they share, and the workflow
 * bundle. Packages with native parts, and those that look for files of their own, stay outside in node_modules. With --programs-to
 * only the programs are built, into another folder.
 */
const root = fileURLToPath(new URL("..", import.meta.url));
const [flag, other] = process.argv.slice(2);
const dist = flag === "--programs-to" && other !== undefined ? join(root, other) : join(root, "dist");

/** Small and pure: inside the bundle they cost no look-up at start. */
const INSIDE = ["commander", "yaml", "zod"];

/** A bundled file finds its neighbours where its source stands: `import.meta` keeps saying that place. */
const keepPlaces: Plugin = {
  name: "keep-places",
  setup(build) {
    build.onLoad({ filter: /\.ts$/ }, ({ path }) => {
      const source = readFileSync(path, "utf8");
      if (!/\bimport\.meta\.(?:url|dirname|filename)\b/.test(source)) return { contents: source, loader: "ts" };
      const place = JSON.stringify(relative(dist, path));
      const url = `new URL(${place}, import.meta.url)`;
      const contents = source
        .replaceAll(/\bimport\.meta\.url\b/g, `(${url}.href)`)
        .replaceAll(/\bimport\.meta\.filename\b/g, `(decodeURIComponent(${url}.pathname))`)
        .replaceAll(/\bimport\.meta\.dirname\b/g, `(decodeURIComponent(new URL(".", ${url}).pathname).slice(0, -1))`);
      return { contents, loader: "ts" };
    });
  },
};

async function bundlePrograms(): Promise<void> {
  const { build } = await import("esbuild");
  const { dependencies } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
    dependencies: Record<string, string>;
  };
  const result = await build({
    entryPoints: [
      ...["cli", "server", "demo"].map((name) => ({ in: join(root, "services", name, "main.ts"), out: name })),
      { in: join(root, "adapters", "renderers", "manifest-worker.ts"), out: "manifest-worker" },
      { in: join(root, "adapters", "health-checks", "check-worker.ts"), out: "health-check-worker" },
      { in: join(root, "adapters", "jq", "jq-worker.ts"), out: "jq-worker" },
      { in: join(root, "adapters", "registry", "chart-index-worker.ts"), out: "chart-index-worker" },
      { in: join(root, "services", "api", "configuration-worker.ts"), out: "configuration-worker" },
      { in: join(root, "adapters", "processes", "host.ts"), out: "process-host" },
    ],
    outdir: dist,
    chunkNames: "chunk-[hash]",
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "node",
    target: "node22.19",
    external: Object.keys(dependencies)
      .filter((name) => !INSIDE.includes(name))
      .flatMap((name) => [name, `${name}/*`]),
    // What is bundled in CommonJS form calls require, which an ES module has not.
    banner: {
      js: 'import { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);',
    },
    sourcemap: "linked",
    legalComments: "none",
    logLevel: "warning",
    metafile: true,
    define: { "import.meta.bundled": "true" },
    plugins: [keepPlaces],
  });
  removeStale(result);
}

/** Parts of earlier builds that nothing refers to any more. */
function removeStale({ metafile }: BuildResult): void {
  const made = new Set(Object.keys(metafile?.outputs ?? {}).map((path) => basename(path)));
  for (const file of readdirSync(dist)) {
    if (/^chunk-.*\.js(\.map)?$/.test(file) && !made.has(file)) rmSync(join(dist, file));
  }
}

async function bundleWorkflows(): Promise<void> {
  const { buildWorkflowBundle, bundlePath, isFresh } = await import("../adapters/temporal/bundle.ts");
  if (!(await isFresh(bundlePath()))) await buildWorkflowBundle();
}

/** Without the development packages (npm ci --omit=dev) there is nothing to build with; the sources run as they are. */
async function canBuild(): Promise<boolean> {
  try {
    await import("esbuild");
    return true;
  } catch {
    return false;
  }
}

if (await canBuild()) {
  if (flag === undefined) await bundleWorkflows();
  await bundlePrograms();
  process.stdout.write(
    `built ${relative(process.cwd(), dist) || "."}: ${readdirSync(dist).filter((file) => file.endsWith(".js")).length} files\n`,
  );
} else process.stdout.write("esbuild is not installed: nothing is built, bin/sluice runs the sources\n");
