/** Every workflow type: what a worker runs. */
export { application } from "./application.ts";
export { breakGlass } from "./break-glass.ts";
export { promotion } from "./promotion.ts";
