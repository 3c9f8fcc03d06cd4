import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

/** Address in the example's files that stands for the Git server of the demo. */
const PLACEHOLDER = "http://127.0.0.1/storefront.git";

/** The configuration files of an example's folder, with the demo's own repository in place of the example's. */
export async function exampleFiles(folder: string, repoURL: string): Promise<{ file: string; text: string }[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith(".yaml")).toSorted();
  return Promise.all(
    names.map(async (file) => ({
      file,
      text: (await readFile(join(folder, file), "utf8")).replaceAll(PLACEHOLDER, repoURL),
    })),
  );
}
