import { buildWorkflowBundle } from "./bundle.ts";

/** `node adapters/temporal/build-bundle.ts [OUT]`: bundles the workflows into OUT, `dist/workflows.js` by default. */
const built = await buildWorkflowBundle(process.argv[2]);
const kb = (bytes: number): string => `${(bytes / 1024).toFixed(0)} KB`;
process.stdout.write(`${built.path}: ${kb(built.bytes)}, own code ${kb(built.ownBytes)}\n`);
