import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { type Aggregation, type CostEvent, summarizeCost } from "metered-costs/summary";
import { afterAll, expect, test } from "vitest";
import {
  PartSummarizer,
  type PartsOrder,
  splitLines,
  summarizeParts,
} from "../../src/cli/parts.ts";
import { runs } from "../runs.ts";

const folder = mkdtempSync(join(tmpdir(), "metered-costs-parts-"));
afterAll(() => rmSync(folder, { recursive: true }));

const text = (...values: readonly string[]) => fc.constantFrom(...values);
const event: fc.Arbitrary<CostEvent> = fc.record(
  {
    type: text("llm", "llm", "llm", "other"),
    timestamp: fc
      .integer({ min: -2, max: 30 })
      .map((hours) => new Date(Date.UTC(2026, 5, 1, hours)).toISOString()),
    subject: text("cus_1", "cus_2"),
    source: text("a", "b"),
    namespace: text("n", "m"),
    // Few keys: most events are repeated, in the same part and in others.
    idempotencyKey: text("1", "2", "3", "4", "5", "€", ""),
    data: fc.record(
      {
        n: fc.oneof(
          fc.integer(),
          fc.double({ noNaN: true, noDefaultInfinity: true }),
          text("0.1", "1e30"),
        ),
        model: text("atlas", "muse", ""),
      },
      { requiredKeys: ["n"] },
    ),
  },
  { requiredKeys: ["type", "data"] },
);
const NOW = Date.UTC(2026, 5, 1, 7);
const AGGREGATIONS: readonly Aggregation[] = [
  ...(["SUM", "COUNT", "AVG", "MIN", "MAX", "UNIQUE_COUNT", "LATEST"] as const),
];

test("parts of any size, of any number of files and among any number of threads, give what one pass gives", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(event, { maxLength: 12 }), { minLength: 1, maxLength: 3 }),
      fc.integer({ min: 1, max: 1_500 }),
      fc.integer({ min: 1, max: 4 }),
      fc.constantFrom(...AGGREGATIONS),
      fc.boolean(),
      fc.boolean(),
      async (files, partSize, threads, aggregation, deduplicate, isLong) => {
        const cost = {
          ...{ aggregation, eventType: "llm", unitCost: "0.7", valueProperty: "$.n" },
          groupBy: { model: "$.model" },
        };
        const query = {
          ...{ from: "2026-06-01T00:00:00Z", to: "2026-06-02T00:00:00Z" },
          ...({ groupBy: ["model"], window: isLong ? "DAY" : "HOUR" } as const),
        };
        const parts = files.flatMap((events, at) => {
          const path = join(folder, `${at}.ndjson`);
          const lines = events.map((one) => JSON.stringify(one)).join("\n");
          writeFileSync(path, lines);
          return splitLines(path, Buffer.byteLength(lines), partSize);
        });
        const order: PartsOrder = { cost, query, deduplicate, now: NOW };
        const runners = Array.from({ length: threads }, () => new PartSummarizer(order));
        const whole = await summarizeParts(parts, order, runners, () => undefined);
        const expected = summarizeCost(cost, files.flat(), query, {
          deduplicate,
          clock: () => new Date(NOW),
        });
        expect(JSON.stringify(whole.summary())).toBe(JSON.stringify(expected));
      },
    ),
    { numRuns: runs(300) },
  );
});

test("the parts of a file are all of its bytes, and each ends with the first line that makes it large enough", () => {
  const path = join(folder, "lines.ndjson");
  fc.assert(
    fc.property(
      fc.array(fc.string({ maxLength: 30 }).map((line) => line.replaceAll("\n", ""))),
      fc.integer({ min: 1, max: 100 }),
      fc.boolean(),
      (lines, partSize, endsInNewline) => {
        const bytes = Buffer.from(lines.join("\n") + (endsInNewline ? "\n" : ""));
        writeFileSync(path, bytes);
        const ranges = splitLines(path, bytes.length, partSize).flatMap(({ range }) => range ?? []);
        const pieces = ranges.map(({ start, end }) => bytes.subarray(start, end));
        expect(Buffer.concat(pieces)).toEqual(bytes);
        for (const { start, end } of ranges) {
          const newline = bytes.indexOf(10, start + partSize - 1);
          expect(end).toBe(newline === -1 ? bytes.length : newline + 1);
        }
      },
    ),
    { numRuns: runs(200) },
  );
});
