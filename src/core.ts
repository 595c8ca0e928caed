/**
 * What the entries share, as one file of the built package: each file that is opened costs a start a third of a
 * millisecond. No entry of the package; `tsup.config.ts` builds it.
 *
 * @module
 */

export * from "./errors.ts";
export * from "./http/redaction.ts";
export * from "./http/retry.ts";
export * from "./http/waiting.ts";
export * from "./schemas/contract.ts";
export * from "./values/decimal.ts";
export * from "./values/json-form.ts";
export * from "./values/lossless-json.ts";
export * from "./values/record.ts";
export * from "./values/scaled-integer.ts";
export * from "./values/timestamp.ts";
export * from "./values/unserializable-value.ts";
