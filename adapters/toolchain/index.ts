export { cacheFolder, type Environment } from "./cache.ts";
export { ensureTools, locateTools, type EnsureOptions } from "./ensure.ts";
export { RUN_TOOLS, TOOL_NAMES, TOOL_PINS, type RunTool, type ToolName, type ToolPin } from "./pins.ts";
export { progressLine, progressPrinter, type ToolProgress } from "./progress.ts";
