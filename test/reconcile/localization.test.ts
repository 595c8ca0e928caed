import {
  type CostEvent,
  Decimal,
  type DifferenceFinding,
  reconcile,
  summarizeCost,
} from "metered-costs/summary";
import { describe, expect, test } from "vitest";
import { costOf, JUNE } from "../summary/events.ts";

const START = Date.UTC(2026, 5, 15, 12);
const minute = (at: number): Date => new Date(START + at * 60_000);
const cost = costOf({ groupBy: { model: "$.model" } });

/** An event in the middle of a minute. */
const call = (at: number, value: number, changes: object = {}, model = "large"): CostEvent =>
  ({
    type: "call",
    timestamp: new Date(START + at * 60_000 + 30_000),
    idempotencyKey: `k${at} ${value}`,
    data: { value, model },
    ...changes,
  }) as CostEvent;

type Query = Parameters<typeof reconcile>[0]["query"];
const findingsOf = (
  events: readonly CostEvent[],
  received: readonly CostEvent[],
  query: Partial<Query>,
): readonly DifferenceFinding[] => {
  const asked = { ...JUNE, ...query } as Query;
  const server = summarizeCost(cost, received, asked);
  const { verdict, findings } = reconcile({ cost, events, query: asked, server });
  expect(verdict).toBe("different");
  return findings;
};
const raised = (event: CostEvent, by: number): CostEvent => {
  const data = event.data as { readonly value: number };
  return { ...event, data: { ...data, value: data.value + by } };
};

describe("groups that differ", () => {
  // By how much each of eight groups differs: some by less, two by the same.
  const by = [310, -90, 450, 200, -700, 70, 200, -120];
  const events = by.map((_, at) => call(0, 1_009 + at * 7_919, {}, `model-${at}`));
  const received = events.map((event, at) => raised(event, by[at] ?? 0));

  test("are named by size, then by name, five at most", () => {
    const findings = findingsOf(events, received, { groupBy: "model" });
    const groups = findings.filter(({ kind }) => kind === "group");
    expect(groups.map(({ dimensions }) => dimensions?.["model"])).toEqual([
      "model-4",
      "model-2",
      "model-0",
      "model-3",
      "model-6",
    ]);
    const all = by.reduce((sum, one) => sum + Math.abs(one), 0);
    for (const [at, size] of [700, 450, 310, 200, 200].entries()) {
      expect(groups[at]?.share).toBeCloseTo(size / all, 12);
    }
  });
});

describe("windows that differ", () => {
  const events = Array.from({ length: 10 }, (_, at) => call(at, 1_009 + ((at * 7_919) % 9_973)));

  test("are a range of time, the end exclusive", () => {
    const received = events.map((event, at) => (at === 3 || at === 6 ? raised(event, 7.5) : event));
    const findings = findingsOf(events, received, { window: "MINUTE" });
    expect(findings[0]).toEqual({
      kind: "windows",
      share: 1,
      message: "2 of 10 windows differ.",
      from: minute(3),
      to: minute(7),
    });
  });
});

describe("customers and gateways whose part is missing", () => {
  // Each loses one event in a window of its own; one value that nothing explains is in another window.
  const names = ["ann", "bob", "cem", "dee", "eve", "fay", "gil"];
  const sizes = [1_400, 2_000, 1_700, 1_500, 1_800, 1_600, 90];
  const part = (of: "subject" | "source") =>
    names.flatMap((name, at) => [
      call(at, sizes[at] ?? 0, { [of]: name, idempotencyKey: `lost ${name}` }),
      call(at, 333 + 17 * at, { [of]: names[(at + 1) % 7], idempotencyKey: `kept ${name}` }),
    ]);

  test.each(["subject", "source"] as const)("are named by size, five at most: each %s", (of) => {
    const events = [...part(of), call(8, 4_001, { idempotencyKey: "odd" })];
    const received = events
      .filter(({ idempotencyKey }) => !String(idempotencyKey).startsWith("lost"))
      .map((event) => (event.idempotencyKey === "odd" ? raised(event, 1.25) : event));
    const findings = findingsOf(events, received, { window: "MINUTE" });
    const found = findings.filter(({ kind }) => kind === of);
    expect(found.map((finding) => finding[of])).toEqual(["bob", "eve", "cem", "fay", "dee"]);
    for (const { message } of found) {
      expect(message).toBe(
        `In windows that differ, the part of this ${of} is missing on the server.`,
      );
    }
    expect(found[0]?.share).toBeCloseTo(2_000 / (10_090 + 1.25), 12);
  });

  test("counted twice are told from missing", () => {
    const events = [...part("subject"), call(8, 4_001, { idempotencyKey: "odd" })];
    const received = events.flatMap((event) => {
      if (event.idempotencyKey === "odd") return [raised(event, 1.25)];
      if (event.idempotencyKey !== "lost bob") return [event];
      return [event, { ...event, idempotencyKey: "again" }];
    });
    const findings = findingsOf(events, received, { window: "MINUTE" });
    expect(findings.filter(({ kind }) => kind === "subject")).toMatchObject([
      {
        subject: "bob",
        message: "In windows that differ, the part of this subject is counted twice there.",
      },
    ]);
  });
});

describe("costs alone that differ", () => {
  test("are stretches whose unit cost is written with all its places", () => {
    const small = { ...cost, unitCost: "0.00000025" };
    const events = Array.from({ length: 9 }, (_, at) => call(at, 100 + at * at));
    const query = { ...JUNE, window: "MINUTE" } as const;
    const server = summarizeCost(small, events, query);
    const timeSeries = server.timeSeries?.map((row, at) => ({
      ...row,
      cost: at % 3 === 1 ? row.quantity.times("0.000000123456789") : row.cost,
    }));
    const answer = { ...server, timeSeries };
    const { findings } = reconcile({ cost: small, events, query, server: answer });
    const found = findings.filter(({ kind }) => kind === "unit-cost");
    expect(found.map(({ message }) => message)).toEqual(
      new Array(3).fill("The server charged 0.000000123456789 a unit here, not 0.00000025."),
    );
  });

  test("are stretches at another unit cost, the longest five of them", () => {
    const lengths = [2, 5, 1, 7, 3, 6, 4];
    const unitCosts = lengths.flatMap((length, at) => [1, ...new Array(length).fill(2 + at)]);
    const events = unitCosts.map((_, at) => call(at, 100 + at * at));
    const query = { ...JUNE, window: "MINUTE" } as const;
    const server = summarizeCost(cost, events, query);
    const timeSeries = server.timeSeries?.map((row, at) => ({
      ...row,
      cost: row.cost.times(unitCosts[at] ?? 1),
    }));
    const totalCost = timeSeries?.reduce((sum, row) => sum.plus(row.cost), new Decimal(0)) ?? null;
    const answer = { ...server, timeSeries, totalCost };
    const { findings } = reconcile({ cost, events, query, server: answer });
    const found = findings.filter(({ kind }) => kind === "unit-cost");
    expect(found.map(({ message }) => message)).toEqual(
      [5, 7, 3, 8, 6].map((unitCost) => `The server charged ${unitCost} a unit here, not 1.`),
    );
    expect(found.map(({ share }) => Math.round(share * unitCosts.length))).toEqual([7, 6, 5, 4, 3]);
  });

  test("say nothing of events", () => {
    const events = Array.from({ length: 6 }, (_, at) => call(at, 100 + at * at));
    const server = summarizeCost(cost, events, JUNE);
    const totalCost = new Decimal(server.totalCost ?? 0).plus("0.123");
    const result = reconcile({ cost, events, query: JUNE, server: { ...server, totalCost } });
    expect([result.verdict, result.findings]).toEqual(["different", []]);
  });
});
