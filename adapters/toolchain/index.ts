export { cacheFolder, type Environment } from "./cache.ts";
export { ensureTools, locateTools, type EnsureOptions } from "./ensure.ts";
export { TOOL_NAMES, TOOL_PINS, type ToolName, type ToolPin } from "./pins.ts";
export { progressLine, progressPrinter, type ToolProgress } from "./progress.ts";
