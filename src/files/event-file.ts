import { createReadStream } from "node:fs";
import { open, stat } from "node:fs/promises";
import { pipeline, type Readable } from "node:stream";
import * as zlib from "node:zlib";
import type { InvalidEventError, Issue } from "../errors.ts";
import type { CostEvent } from "../models.ts";
import { type EventRecord, isEvent } from "../ndjson/lines.ts";
import { anything, boolean, callback, optional, strictObject } from "../schemas/fields.ts";
import { readInput } from "../schemas/input.ts";
import { csvRecords } from "./csv.ts";
import { type FieldMap, mapperOf, zonelessTime } from "./field-map.ts";
import { arrayRecords, lineRecords } from "./json.ts";
import { parquetRecords } from "./parquet.ts";
import { unreadableFile } from "./unreadable-file.ts";
import { zstdFrames } from "./zstd-frames.ts";

/** What a file is, by its content. */
export type EventFileFormat = "ndjson" | "json" | "csv" | "parquet";

/** How a file is read. */
export interface EventFileOptions {
  /** Which fields of a foreign log are which fields of an event; none unless given. */
  readonly map?: FieldMap | undefined;
  /**
   * Reads timestamps that name no zone, such as `2026-06-15 12:00:00`, `2026-06-15 12:00` and `2026-06-15`, as UTC.
   * Otherwise such an event is invalid: a time that could be meant in two ways is not guessed.
   *
   * @default false
   */
  readonly utc?: boolean | undefined;
  /** Takes each record that is no event instead of its being thrown; the reading goes on with the next. */
  readonly onInvalidEvent?: ((error: InvalidEventError) => void) | undefined;
  /** Called now and then, and at the end, with the bytes read from the file so far. */
  readonly onProgress?: ((progress: { readonly bytes: number }) => void) | undefined;
}

/** An open file of events, to be read once. */
export interface EventFile {
  /** As it was given; `standard input` for a stream. */
  readonly name: string;
  readonly format: EventFileFormat;
  readonly compression: "gzip" | "zstd" | undefined;
  /** In bytes, as it is on the disk; undefined for a stream and for a pipe, which can be read only once. */
  readonly size: number | undefined;
  /** The file's bytes, decompressed; for NDJSON the fastest way, with `addNdjson` or `summarizeNdjson`. */
  bytes(): AsyncIterable<Uint8Array>;
  /**
   * The file's events, in order and one at a time, each checked. Throws an `InvalidEventError`, which has the line where
   * the format has lines, for a record that is no event unless `onInvalidEvent` takes it, and an `InvalidInputError` for
   * a file that is cut or damaged.
   */
  events(): AsyncGenerator<CostEvent, void, undefined>;
  /** Closes the file; reading to the end, or leaving the loop, does so too. */
  close(): void;
}

const fileOptions = /* @__PURE__ */ strictObject(
  {
    map: /* @__PURE__ */ optional(/* @__PURE__ */ anything<FieldMap>()),
    utc: /* @__PURE__ */ optional(boolean),
    onInvalidEvent: /* @__PURE__ */ optional(
      /* @__PURE__ */ callback<(error: InvalidEventError) => void>(),
    ),
    onProgress: /* @__PURE__ */ optional(
      /* @__PURE__ */ callback<(progress: { readonly bytes: number }) => void>(),
    ),
  },
  { what: "an object of options" },
);

const HEAD_BYTES = 1 << 16;
/** Of what is decompressed at once: with the 16 kB of the default the calls between take a quarter of the time. */
const CHUNK_BYTES = 1 << 18;
// The first bytes of a file, in hex. Data of zstd may begin with a frame to be skipped, as pzstd writes it.
const COMPRESSIONS = { gzip: /^1f8b/, zstd: /^(?:28b52ffd|5.2a4d18)/ } as const;
const PARQUET = /^50415231/;
const UTF_16 = /^(?:fffe|feff)/;
const BYTE_ORDER_MARK = /^efbbbf/;

const magicOf = (head: Uint8Array): string => Buffer.from(head.subarray(0, 4)).toString("hex");

/** The beginning of a stream, and all of it, the beginning included. */
async function peek(
  stream: AsyncIterable<Uint8Array>,
): Promise<{ readonly head: Uint8Array; readonly all: AsyncGenerator<Uint8Array> }> {
  const iterator = stream[Symbol.asyncIterator]();
  const parts: Uint8Array[] = [];
  for (let length = 0; length < HEAD_BYTES; ) {
    const { done, value } = await iterator.next();
    if (done) break;
    parts.push(value);
    length += value.length;
  }
  async function* all(): AsyncGenerator<Uint8Array> {
    try {
      yield* parts;
      for (;;) {
        const { done, value } = await iterator.next();
        if (done) return;
        yield value;
      }
    } finally {
      await iterator.return?.();
    }
  }
  return { head: Buffer.concat(parts), all: all() };
}

function decompressor(name: string, kind: "gzip" | "zstd"): zlib.Gunzip {
  if (kind === "gzip") return zlib.createGunzip({ chunkSize: CHUNK_BYTES });
  const { createZstdDecompress } = zlib as {
    createZstdDecompress?: (options: zlib.ZlibOptions) => zlib.Gunzip;
  };
  if (createZstdDecompress !== undefined) return createZstdDecompress({ chunkSize: CHUNK_BYTES });
  throw unreadableFile(
    name,
    "it is compressed with zstd, which this Node cannot read: use Node 22.15 or later, or zstd -d",
  );
}

async function* decompressed(
  name: string,
  kind: "gzip" | "zstd",
  bytes: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  for await (const part of kind === "zstd" ? zstdFrames(name, bytes) : [bytes]) {
    const stream = decompressor(name, kind);
    let length = 0;
    let endOfData = 0;
    const measured = (async function* () {
      for await (const piece of part) {
        let end = piece.length;
        while (end > 0 && piece[end - 1] === 0) end--;
        if (end > 0) endOfData = length + end;
        length += piece.length;
        yield piece;
      }
    })();
    // What it throws is thrown by the loop below.
    pipeline(measured, stream, () => undefined);
    try {
      yield* stream as AsyncIterable<Uint8Array>;
      if (kind !== "gzip") continue;
      // Node's gunzip ends at zeros between two members and leaves out what follows; zeros at the end are padding.
      while ((await measured.next()).done !== true);
      if (endOfData > stream.bytesWritten) {
        throw unreadableFile(name, "the gzip data is damaged: there is more of it after zeros");
      }
    } catch (error) {
      // Codes of zlib; any other error is of what is read.
      const { code, message } = error as NodeJS.ErrnoException;
      if (!/^Z_|^ZSTD_/.test(code ?? "")) throw error;
      throw unreadableFile(name, `the ${kind} data is cut or damaged: ${message}`, error);
    } finally {
      stream.destroy();
    }
  }
}

/** What the beginning of a file, decompressed, shows it to be; a problem where it is nothing that can be read. */
function formatOf(head: Uint8Array): EventFileFormat | { readonly problem: string } {
  const magic = magicOf(head);
  if (PARQUET.test(magic)) return "parquet";
  if (UTF_16.test(magic)) {
    return { problem: "it is UTF-16; convert it to UTF-8, such as with iconv" };
  }
  const start = BYTE_ORDER_MARK.test(magic) ? 3 : 0;
  const first = head.subarray(start).find((byte) => ![9, 10, 13, 32].includes(byte));
  if (first === undefined || first === 0x7b) return "ndjson";
  if (first === 0x5b) return "json";
  if (head.includes(0)) {
    return { problem: "it is binary, and neither Parquet nor gzip nor zstd" };
  }
  return "csv";
}

/** The whole of a stream as the buffer that Parquet is read from. */
async function inMemory(bytes: AsyncIterable<Uint8Array>): Promise<{
  readonly byteLength: number;
  slice(start: number, end?: number): ArrayBuffer;
}> {
  const parts: Uint8Array[] = [];
  for await (const part of bytes) parts.push(part);
  const whole = Buffer.concat(parts);
  const { buffer, byteOffset, byteLength } = whole;
  const memory = buffer.slice(byteOffset, byteOffset + byteLength) as ArrayBuffer;
  return { byteLength, slice: (start, end) => memory.slice(start, end) };
}

async function* fromDisk(name: string, path: string): AsyncGenerator<EventRecord, void, undefined> {
  const handle = await open(path);
  try {
    const { size } = await handle.stat();
    yield* parquetRecords(name, {
      byteLength: size,
      slice: async (start, end = size) => {
        const bytes = new Uint8Array(Math.max(0, end - start));
        const { bytesRead } = await handle.read(bytes, 0, bytes.length, start);
        return bytes.buffer.slice(0, bytesRead);
      },
    });
  } finally {
    await handle.close();
  }
}

/** Says of a time that lacks only its zone how it can be read. */
const withZoneHint =
  (event: unknown) =>
  (issue: Issue): Issue => {
    if (issue.path[0] !== "timestamp") return issue;
    const { timestamp } = event as { readonly timestamp?: unknown };
    if (zonelessTime(timestamp) === undefined) return issue;
    return {
      ...issue,
      message: `${issue.message}: it names no zone; the option utc reads it as UTC`,
    };
  };

/** The events among records, each with its fields renamed and checked. */
async function* eventsOf(
  records: AsyncIterable<EventRecord>,
  rename: (record: unknown) => unknown,
  onInvalidEvent: EventFileOptions["onInvalidEvent"],
): AsyncGenerator<CostEvent, void, undefined> {
  let index = 0;
  for await (const record of records) {
    const value = rename(record.value);
    if (isEvent({ ...record, value }, index++, onInvalidEvent, withZoneHint(value))) {
      yield value as CostEvent;
    }
  }
}

/**
 * Opens a file of events: NDJSON, a JSON array, CSV with a header row, or Parquet, each also compressed with gzip or,
 * where Node has it (22.15 and later), zstd. The kind is told from the content. An empty file is NDJSON without events.
 *
 * In CSV and Parquet a column `data.model` is the field `model` of `data`. Cells of CSV are text, so numbers keep every
 * digit; an empty cell is absent, a quoted empty one is `""`. Decimals and 64-bit integers of Parquet are exact, and
 * null is absent. A timestamp without a zone is invalid unless `utc` is set.
 *
 * Throws an `InvalidInputError` for a file of another kind, and what the file system throws.
 *
 * @example
 * ```ts
 * import { openEventFile } from "metered-costs/files";
 * import { summarizeCost, type CostEvent } from "metered-costs/summary";
 *
 * async function totalOf(path: string): Promise<string> {
 *   const events: CostEvent[] = [];
 *   for await (const event of (await openEventFile(path)).events()) events.push(event);
 *   const cost = { aggregation: "COUNT", eventType: "api.call", unitCost: "0.01" } as const;
 *   const june = { from: "2026-06-01T00:00:00Z", to: "2026-07-01T00:00:00Z" };
 *   return String(summarizeCost(cost, events, june).totalCost);
 * }
 * ```
 */
export async function openEventFile(
  source: string | Readable,
  options: EventFileOptions = {},
): Promise<EventFile> {
  const {
    map = {},
    utc = false,
    onInvalidEvent,
    onProgress,
  } = readInput(fileOptions, options, "openEventFile: the file cannot be opened");
  const rename = mapperOf(map, utc);
  const path = typeof source === "string" ? source : undefined;
  const name = path ?? "standard input";
  const size = path === undefined ? undefined : await sizeOf(path);
  const stream =
    typeof source === "string" ? createReadStream(source, { highWaterMark: 1 << 18 }) : source;
  let bytesRead = 0;
  async function* counted(): AsyncGenerator<Uint8Array> {
    for await (const piece of stream as AsyncIterable<Uint8Array>) {
      bytesRead += piece.length;
      onProgress?.({ bytes: bytesRead });
      yield piece;
    }
  }
  const close = (): void => void stream.destroy();
  try {
    const raw = await peek(counted());
    const magic = magicOf(raw.head);
    const compression = (["gzip", "zstd"] as const).find((kind) => COMPRESSIONS[kind].test(magic));
    const { head, all } =
      compression === undefined ? raw : await peek(decompressed(name, compression, raw.all));
    const format = formatOf(head);
    if (typeof format !== "string") {
      const within = compression === undefined ? "" : `its ${compression} data is not a log: `;
      throw unreadableFile(name, within + format.problem);
    }
    const records = (): AsyncIterable<EventRecord> => {
      if (format === "ndjson") return lineRecords(all);
      if (format === "json") return arrayRecords(name, all);
      if (format === "csv") {
        const needed = [
          ...(map["type"] === undefined ? [{ field: "type", column: "type" }] : []),
          ...Object.entries(map).flatMap(([field, column]) =>
            column.startsWith("'") ? [] : [{ field, column }],
          ),
        ];
        return csvRecords(name, Buffer.from(head).toString("utf8"), all, needed);
      }
      if (path !== undefined && size !== undefined && compression === undefined) {
        close();
        return fromDisk(name, path);
      }
      return (async function* () {
        yield* parquetRecords(name, await inMemory(all));
      })();
    };
    return {
      ...{ name, format, compression, size, close },
      bytes: () => all,
      events: async function* () {
        try {
          yield* eventsOf(records(), rename, onInvalidEvent);
        } finally {
          close();
        }
      },
    };
  } catch (error) {
    close();
    throw error;
  }
}

/** In bytes; undefined for what can be read only once, such as a named pipe: it is not opened here. */
async function sizeOf(path: string): Promise<number | undefined> {
  const stats = await stat(path);
  if (stats.isDirectory()) throw unreadableFile(path, "expected a file, but it is a folder");
  return stats.isFile() ? stats.size : undefined;
}
