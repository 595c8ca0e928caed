/**
 * The mocks as handlers for msw.
 *
 * @module metered-costs/msw
 */

export {
  type KontorionHandlersOptions,
  kontorionHandlers,
  type PaygenticHandlersOptions,
  paygenticHandlers,
} from "./handlers.ts";
