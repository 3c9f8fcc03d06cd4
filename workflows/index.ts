/** Every workflow type: what a worker runs. */
export { application } from "./application.ts";
export { breakGlass } from "./break-glass.ts";
export { notification } from "./notification.ts";
export { promotion } from "./promotion.ts";
