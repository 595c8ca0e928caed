import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parquetWriteBuffer } from "hyparquet-writer";
import { openEventFile } from "metered-costs/files";
import type { CostEvent } from "metered-costs/summary";
import { afterAll, expect, test } from "vitest";

const folder = mkdtempSync(join(tmpdir(), "metered-costs-parquet-"));
afterAll(() => rmSync(folder, { recursive: true }));
let files = 0;
type Written = Parameters<typeof parquetWriteBuffer>[0];

async function eventsOf(written: Written, utc = false): Promise<CostEvent[]> {
  const path = join(folder, `${files++}.parquet`);
  writeFileSync(path, new Uint8Array(parquetWriteBuffer(written)));
  const events: CostEvent[] = [];
  for await (const event of (await openEventFile(path, { utc })).events()) events.push(event);
  return events;
}

const DECIMAL = {
  type: "FIXED_LEN_BYTE_ARRAY",
  type_length: 16,
  converted_type: "DECIMAL",
} as const;
const root = (...columns: object[]): NonNullable<Written["schema"]> =>
  [{ name: "root", num_children: columns.length }, ...columns] as NonNullable<Written["schema"]>;
const TYPE = {
  name: "type",
  type: "BYTE_ARRAY",
  converted_type: "UTF8",
  repetition_type: "REQUIRED",
};
const typeColumn = (rows: number) => ({ name: "type", data: new Array(rows).fill("call") });

test("decimals keep every digit and their sign, and 64-bit integers too", async () => {
  const integers = [123456789012345678901234567890123456789n / 10n, -1n, 0n, -150n];
  const events = await eventsOf({
    schema: root(
      TYPE,
      { name: "data.v", ...DECIMAL, precision: 38, scale: 2, repetition_type: "REQUIRED" },
      { name: "data.n", type: "INT64", repetition_type: "REQUIRED" },
    ),
    columnData: [
      typeColumn(4),
      { name: "data.v", data: integers },
      { name: "data.n", data: [9007199254740993n, -9223372036854775808n, 7n, 0n] },
    ],
  });
  expect(events.map(({ data }) => data)).toEqual([
    { v: "123456789012345678901234567890123456.78", n: "9007199254740993" },
    { v: "-0.01", n: "-9223372036854775808" },
    { v: "0", n: 7 },
    { v: "-1.5", n: 0 },
  ]);
});

test("timestamps are UTC when the file says so, cut toward the past, and otherwise a time of no zone", async () => {
  const timestamp = (isAdjustedToUTC: boolean) => ({
    name: "timestamp",
    type: "INT64",
    repetition_type: "REQUIRED",
    logical_type: { type: "TIMESTAMP", isAdjustedToUTC, unit: "MICROS" },
    ...(isAdjustedToUTC && { converted_type: "TIMESTAMP_MICROS" }),
  });
  const written = (isAdjustedToUTC: boolean): Written => ({
    schema: root(TYPE, timestamp(isAdjustedToUTC)),
    columnData: [typeColumn(2), { name: "timestamp", data: [1_781_524_800_000_999n, -1n] }],
  });
  const times = (events: CostEvent[]) => events.map((event) => event.timestamp);
  const expected = ["2026-06-15T12:00:00.000Z", "1969-12-31T23:59:59.999Z"];
  expect(times(await eventsOf(written(true)))).toEqual(expected);
  await expect(eventsOf(written(false))).rejects.toMatchObject({
    name: "InvalidEventError",
    index: 0,
    issues: [{ path: ["timestamp"] }],
  });
  expect(times(await eventsOf(written(false), true))).toEqual(expected);
});

test("null is absent, in data too", async () => {
  const events = await eventsOf({
    columnData: [
      typeColumn(2),
      { name: "subject", data: ["cus_1", null], type: "STRING", nullable: true },
      { name: "data.model", data: [null, "atlas"], type: "STRING", nullable: true },
    ],
  });
  expect(events).toEqual([
    { type: "call", subject: "cus_1", data: {} },
    { type: "call", data: { model: "atlas" } },
  ]);
});

test("a file that is cut is an error with its name", async () => {
  const bytes = new Uint8Array(parquetWriteBuffer({ columnData: [typeColumn(3)] }));
  const path = join(folder, "cut.parquet");
  writeFileSync(path, bytes.subarray(0, bytes.length - 9));
  const events = (await openEventFile(path)).events();
  await expect(events.next()).rejects.toMatchObject({
    name: "InvalidInputError",
    message: expect.stringMatching(
      /cut\.parquet cannot be read: the Parquet file is cut or damaged/,
    ),
  });
});
