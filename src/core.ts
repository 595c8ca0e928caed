/**
 * What the entries share, as one file of the built package: each file that is opened costs a start a third of a
 * millisecond. No entry of the package; `tsup.config.ts` builds it.
 *
 * @module
 */

export * from "./contract.ts";
export * from "./decimal.ts";
export * from "./errors.ts";
export * from "./exact.ts";
export * from "./json.ts";
export * from "./json-form.ts";
export * from "./not-json.ts";
export * from "./record.ts";
export * from "./redaction.ts";
export * from "./retry.ts";
export * from "./timestamp.ts";
