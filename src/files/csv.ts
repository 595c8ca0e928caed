import { isUtf8 } from "node:buffer";
import { pipeline } from "node:stream";
import { type CsvError, type InfoRecord, parse } from "csv-parse";
import { InvalidInputError } from "../errors.ts";
import type { EventRecord } from "../ndjson/lines.ts";
import { counted } from "../values/counted.ts";
import { setPath } from "./field-map.ts";
import { unreadableFile } from "./unreadable-file.ts";

const NEWLINE = "\n";
const NEWLINE_BYTE = 10;

/** The bytes from the last character that may go on in what follows. */
function lastCharacter(bytes: Uint8Array): Uint8Array {
  for (let at = bytes.length - 1; at >= Math.max(0, bytes.length - 3); at--) {
    const byte = bytes[at] as number;
    if (byte < 0x80) break;
    if (byte >= 0xc0) return bytes.slice(at);
  }
  return bytes.subarray(bytes.length);
}

/** How many newlines are before the first line that is no UTF-8. No character of several bytes has a newline in it. */
function linesBefore(bytes: Uint8Array): number {
  let lines = 0;
  for (let at = 0; ; lines++) {
    const end = bytes.indexOf(NEWLINE_BYTE, at);
    if (end === -1 || !isUtf8(bytes.subarray(at, end))) return lines;
    at = end + 1;
  }
}

/** The text of UTF-8, and an error that names the line where it is none. */
async function* textOf(
  name: string,
  bytes: AsyncIterable<Uint8Array>,
): AsyncGenerator<string, void, undefined> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let line = 1;
  let before: Uint8Array = new Uint8Array();
  const decode = (chunk: Uint8Array, stream: boolean): string => {
    try {
      return decoder.decode(chunk, { stream });
    } catch (error) {
      const at = line + linesBefore(Buffer.concat([before, chunk]));
      throw unreadableFile(
        name,
        `expected UTF-8, but line ${at} has other bytes: save it as UTF-8`,
        error,
      );
    }
  };
  for await (const chunk of bytes) {
    yield decode(chunk, true);
    for (const byte of chunk) if (byte === NEWLINE_BYTE) line++;
    before = lastCharacter(chunk);
  }
  yield decode(new Uint8Array(), false);
}

/** What the header row has most of; spreadsheets write semicolons where the comma is the decimal sign. */
function delimiterOf(header: string): string {
  const countOf = (delimiter: string): number => header.split(delimiter).length;
  return [";", "\t"].reduce((best, each) => (countOf(each) > countOf(best) ? each : best), ",");
}

/** In words, why a row of so many cells cannot be read. */
function cellsProblem(line: number, cells: number, columns: number): string {
  const why =
    cells < columns
      ? "the file is cut, or a cell is missing"
      : "a cell that has the delimiter in it must be in quotes";
  return `line ${line} has ${counted(cells, "cell")}, but the header row has ${columns}: ${why}`;
}

/** The header's names, each with the path it stands for. */
function pathsOf(name: string, header: readonly (string | undefined)[]): string[][] {
  const names = header.map((each) => each ?? "");
  const repeated = names.find((each, index) => names.indexOf(each) !== index);
  if (repeated !== undefined) {
    throw unreadableFile(name, `the header row has the column ${JSON.stringify(repeated)} twice`);
  }
  const inside = names.find((each) => names.some((other) => other.startsWith(`${each}.`)));
  if (inside !== undefined) {
    throw unreadableFile(
      name,
      `the header row has the column ${JSON.stringify(inside)} and another one inside it`,
    );
  }
  return names.map((each) => each.split("."));
}

/** A column that the header row must have, and the field of an event that is read from it. */
export interface NeededColumn {
  readonly field: string;
  readonly column: string;
}

/**
 * The rows of CSV below its header row, as RFC 4180 has them. A column `a.b` is the field `b` of `a`. Cells are text, so
 * that numbers keep their digits. An empty cell is absent, and `""` is the empty text.
 */
export async function* csvRecords(
  name: string,
  head: string,
  bytes: AsyncIterable<Uint8Array>,
  needed: readonly NeededColumn[],
): AsyncGenerator<EventRecord, void, undefined> {
  const [firstLine = ""] = head.split(NEWLINE, 1);
  const parser = parse({
    delimiter: delimiterOf(firstLine),
    bom: true,
    info: true,
    skip_empty_lines: true,
    relax_column_count: true,
    cast: (cell, { quoting }) => (cell === "" && !quoting ? undefined : cell),
  });
  // What it throws, a text that is no UTF-8 included, is thrown by the loop below.
  pipeline(textOf(name, bytes), parser, () => undefined);
  let paths: string[][] | undefined;
  try {
    for await (const { record, info } of parser as AsyncIterable<{
      record: (string | undefined)[];
      info: InfoRecord;
    }>) {
      if (paths === undefined) {
        paths = pathsOf(name, record);
        const missing = needed.find(({ column }) => !record.includes(column));
        if (missing !== undefined) {
          throw unreadableFile(
            name,
            `it was read as CSV, because it begins neither with { nor with [, and its header row has no column ` +
              `${JSON.stringify(missing.column)}; it has ${record.map((each) => JSON.stringify(each ?? "")).join(", ")}. ` +
              `Name the column with the field map, such as ${missing.field}=NAME`,
          );
        }
        continue;
      }
      if (record.length !== paths.length) {
        throw unreadableFile(name, cellsProblem(info.lines, record.length, paths.length));
      }
      const value = {};
      for (const [index, cell] of record.entries()) {
        if (cell !== undefined) setPath(value, paths[index] ?? [], cell);
      }
      yield { value, line: info.lines };
    }
  } catch (error) {
    if (error instanceof InvalidInputError) throw error;
    const { code, message } = error as CsvError;
    if (!code?.startsWith("CSV_")) throw error;
    throw unreadableFile(name, message, error);
  } finally {
    parser.destroy();
  }
}
