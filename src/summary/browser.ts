/**
 * What `metered-costs/summary` is in bundles for browsers: the same, with a small `summarizeCost`.
 *
 * @module metered-costs/summary
 */

export * from "./index.ts";
export { summarizeCost } from "./small/summarize.ts";
