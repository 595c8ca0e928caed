/**
 * Usage logs as files: NDJSON, JSON arrays, CSV and Parquet, compressed or not, read as events. For Node, Bun and Deno.
 *
 * @module metered-costs/files
 */

export {
  type EventFile,
  type EventFileFormat,
  type EventFileOptions,
  openEventFile,
} from "./event-file.ts";
export type { FieldMap } from "./field-map.ts";
