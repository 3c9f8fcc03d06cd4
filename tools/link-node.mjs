import { existsSync, mkdirSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/**
 * `node tools/link-node.mjs [ROOT]`: puts the pinned Node into node_modules/.bin where npm has not. npm 10, which comes with Node 20 and 22,
 * takes the link out again with the package of the other architecture. Plain JavaScript, because the Node that runs it may be an old one.
 */
const root = process.argv[2] ?? fileURLToPath(new URL("..", import.meta.url));
const name = `node-${process.platform}-${process.arch}`;
const bin = join(root, "node_modules", ".bin");
const link = join(bin, "node");

if (!existsSync(link) && existsSync(join(root, "node_modules", name, "bin", "node"))) {
  mkdirSync(bin, { recursive: true });
  rmSync(link, { force: true });
  symlinkSync(join("..", name, "bin", "node"), link);
}
