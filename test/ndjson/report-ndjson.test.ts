import {
  type CostEvent,
  type InvalidEventError,
  reportCosts,
  reportNdjson,
} from "metered-costs/summary";
import { expect, test } from "vitest";
import { costOf, JUNE } from "../summary/events.ts";

const plain = (value: unknown) => JSON.parse(JSON.stringify(value));
const costs = [
  costOf({ id: "cst_1", currency: "USD" }),
  costOf({ id: "cst_2", currency: "USD", aggregation: "COUNT", unitCost: "0.5" }),
];
const events = Array.from({ length: 2_000 }, (_, index) => ({
  type: index % 7 === 0 ? "other" : "call",
  source: "gateway",
  idempotencyKey: `k${index % 1_900}`,
  ...(index % 11 === 0 ? { externalSubject: `x${index % 3}` } : { subject: `cus_${index % 40}` }),
  timestamp: new Date(Date.UTC(2026, 5, 1 + (index % 28), index % 24)).toISOString(),
  data: { value: index, model: index % 2 === 0 ? "large" : null },
})) as unknown as CostEvent[];
const log = events.map((event) => `${JSON.stringify(event)}\n`).join("");

test.each([
  { groupBy: "customer" as const, topN: 100, windowSize: "DAY" as const },
  { groupBy: "cost" as const, comparePriorPeriod: true },
  { groupBy: "model", costId: "cst_1", windowSize: "MONTH" as const, subject: "cus_3" },
])("a report of a log is that of its events: %o", async (query) => {
  const resolveSubject = (id: string) => (id === "x1" ? "cus_1" : undefined);
  const expected = reportCosts(costs, events, { ...JUNE, ...query }, { resolveSubject });
  const blob = new Blob([log]);
  for (const source of [log, blob, new Response(blob), blob.stream()]) {
    const report = await reportNdjson(costs, source, { ...JUNE, ...query }, { resolveSubject });
    expect(plain(report)).toEqual(plain(expected));
  }
});

test("an invalid line is refused with its number, or handed over; progress is reported", async () => {
  const broken = `${log}{"type":\n`;
  const query = { ...JUNE, groupBy: "customer" } as const;
  await expect(reportNdjson(costs, broken, query)).rejects.toMatchObject({
    code: "INVALID_EVENT",
    line: 2_001,
  });
  const errors: InvalidEventError[] = [];
  let progress = { bytes: 0, events: 0 };
  const report = await reportNdjson(costs, broken, query, {
    onInvalidEvent: (error) => void errors.push(error),
    onProgress: (now) => {
      progress = now;
    },
  });
  expect(errors.map(({ line }) => line)).toEqual([2_001]);
  expect(progress).toEqual({ bytes: broken.length, events: 2_001 });
  expect(plain(report)).toEqual(plain(reportCosts(costs, events, query)));
});
