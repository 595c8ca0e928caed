/**
 * The mock as handlers for msw.
 *
 * @module metered-costs/msw
 */

export { type PaygenticHandlersOptions, paygenticHandlers } from "./handlers.ts";
