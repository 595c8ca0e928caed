import type { AsyncBuffer, ParquetParsers, SchemaElement } from "hyparquet";
import type { EventRecord } from "../ndjson/lines.ts";
import { parseJson } from "../values/lossless-json.ts";
import { messageOf } from "../values/record.ts";
import { exactText } from "../values/scaled-integer.ts";
import { setPath } from "./field-map.ts";
import { unreadableFile } from "./unreadable-file.ts";

type ReadValue = (value: unknown) => unknown;

const isoOf = (milliseconds: bigint): string => new Date(Number(milliseconds)).toISOString();

/** Toward the past, as everywhere in the library: `/` of bigints cuts toward zero. */
function floorDivided(value: bigint, by: bigint): bigint {
  const quotient = value / by;
  return value < 0n && quotient * by !== value ? quotient - 1n : quotient;
}

const PARSERS: Partial<ParquetParsers> = {
  timestampFromMilliseconds: (value) => isoOf(BigInt(value)),
  timestampFromMicroseconds: (value) => isoOf(floorDivided(BigInt(value), 1_000n)),
  timestampFromNanoseconds: (value) => isoOf(floorDivided(BigInt(value), 1_000_000n)),
  dateFromDays: (days) => new Date(days * 86_400_000).toISOString().slice(0, 10),
  jsonFromBytes: (bytes) => bytes && parseJson(textOf(bytes)),
  stringFromBytes: (bytes) => bytes && textOf(bytes),
};

function textOf(bytes: Uint8Array): string {
  return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
}

/** Two's complement, the highest byte first. */
function integerOf(value: unknown): bigint {
  if (!(value instanceof Uint8Array)) return BigInt(value as number | bigint);
  const unsigned = value.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
  return BigInt.asIntN(value.length * 8, unsigned);
}

/** Values of JSON: whole numbers that a double does not hold become text with all their digits. */
function plain(value: unknown): unknown {
  if (typeof value === "bigint") {
    return BigInt(Number(value)) === value && Number.isSafeInteger(Number(value))
      ? Number(value)
      : value.toString();
  }
  if (value instanceof Uint8Array) return textOf(value);
  if (Array.isArray(value)) return value.map(plain);
  if (
    typeof value !== "object" ||
    value === null ||
    Object.getPrototypeOf(value) !== Object.prototype
  ) {
    return value;
  }
  const object = {};
  for (const [name, member] of Object.entries(value)) {
    if (member !== null && member !== undefined) setPath(object, [name], plain(member));
  }
  return object;
}

/** How the columns are read whose values hyparquet would round or move, by their paths; it reads the others. */
function exactColumns(name: string, schema: SchemaElement[]): Map<string, ReadValue> {
  const columns = new Map<string, ReadValue>();
  let at = 1;
  const visit = (path: readonly string[], isRepeated: boolean): void => {
    const element = schema[at++] as SchemaElement;
    const here = [...path, element.name];
    const repeated = isRepeated || element.repetition_type === "REPEATED";
    const logical = element.logical_type;
    const isDecimal = element.converted_type === "DECIMAL" || logical?.type === "DECIMAL";
    const isLocal = logical?.type === "TIMESTAMP" && !logical.isAdjustedToUTC;
    if ((isDecimal || isLocal) && repeated) {
      throw unreadableFile(
        name,
        `the column ${here.join(".")} holds ${isDecimal ? "decimals" : "local times"} in a list, which cannot be read exactly`,
      );
    }
    if (isDecimal) {
      const scale = (logical?.type === "DECIMAL" ? logical.scale : element.scale) ?? 0;
      columns.set(JSON.stringify(here), (value) =>
        exactText({ coefficient: integerOf(value), exponent: -scale }),
      );
      // Without its annotation the column comes as the integers that the file has.
      delete element.converted_type;
      delete element.logical_type;
    } else if (isLocal) {
      // A time of no zone must not pass for UTC.
      columns.set(JSON.stringify(here), (value) => String(value).replace(/Z$/, ""));
    }
    for (let child = 0; child < (element.num_children ?? 0); child++) visit(here, repeated);
  };
  const [root] = schema;
  for (let child = 0; child < (root?.num_children ?? 0); child++) visit([], false);
  return columns;
}

function recordOf(row: object, columns: ReadonlyMap<string, ReadValue>): object {
  const record = {};
  const copy = (from: object, path: readonly string[], into: object): void => {
    for (const [name, value] of Object.entries(from)) {
      if (value === null || value === undefined) continue;
      const here = [...path, name];
      const read = columns.get(JSON.stringify(here));
      // A column called `data.model` is the field `model` of `data`, as in CSV.
      const target = path.length === 0 ? name.split(".") : [name];
      if (read !== undefined) setPath(into, target, read(value));
      else if (Object.getPrototypeOf(value) === Object.prototype) {
        const object = {};
        copy(value, here, object);
        setPath(into, target, object);
      } else setPath(into, target, plain(value));
    }
  };
  copy(row, [], record);
  return record;
}

/**
 * The rows of a Parquet file, row group by row group. Decimals and 64-bit integers keep every digit. Null and absent are
 * the same.
 */
export async function* parquetRecords(
  name: string,
  file: AsyncBuffer,
): AsyncGenerator<EventRecord, void, undefined> {
  const [{ parquetMetadataAsync, parquetReadObjects }, { compressors }] = await Promise.all([
    import("hyparquet"),
    import("hyparquet-compressors"),
  ]);
  const damaged = (error: unknown, where = ""): never => {
    const message = messageOf(error);
    throw unreadableFile(name, `the Parquet file is cut or damaged${where}: ${message}`, error);
  };
  const metadata = await parquetMetadataAsync(file, { geoparquet: false }).catch((error) =>
    damaged(error),
  );
  const columns = exactColumns(name, metadata.schema);
  let rowStart = 0;
  for (const { num_rows } of metadata.row_groups) {
    const rowEnd = rowStart + Number(num_rows);
    const options = { file, metadata, rowStart, rowEnd, compressors, parsers: PARSERS };
    const rows = await parquetReadObjects({ ...options, utf8: false, geoparquet: false }).catch(
      (error) => damaged(error, ` in rows ${rowStart + 1} to ${rowEnd}`),
    );
    for (const row of rows) yield { value: recordOf(row, columns), line: undefined };
    rowStart = rowEnd;
  }
}
