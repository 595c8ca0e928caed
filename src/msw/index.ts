export { type PaygenticHandlersOptions, paygenticHandlers } from "./handlers.ts";
