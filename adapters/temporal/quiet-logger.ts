import { DefaultLogger } from "@temporalio/worker";

/** Warnings and errors only; webpack's page of statistics is nobody's news. */
export const quietLogger = new DefaultLogger("WARN");
