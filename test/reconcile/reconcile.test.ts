import {
  type CostEvent,
  type CostSummary,
  type CostSummaryParams,
  Decimal,
  formatReconciliation,
  type ReconcileOptions,
  type Reconciliation,
  reconcile,
  reconcileNdjson,
  type ServerSummary,
  summarizeCost,
} from "metered-costs/summary";
import { describe, expect, test } from "vitest";
import { costOf, eventOf, inputIssuesOf, JUNE } from "../summary/events.ts";
import { answerOf, idsOf, windowOffset } from "./servers.ts";

type Changes = Readonly<Record<string, unknown>>;

/** A call at a minute of 15 June. */
const call = (
  minute: number,
  value: unknown,
  changes: Changes = {},
  data: Changes = {},
): CostEvent =>
  eventOf({
    timestamp: `2026-06-15T12:${String(minute).padStart(2, "0")}:00Z`,
    data: { value, model: "large", ...data },
    ...changes,
  });
const EVENTS = [
  call(0, 5, { idempotencyKey: "a" }),
  call(0, 7, { idempotencyKey: "b" }),
  call(1, 7),
  call(2, 1),
];

function compared(
  server: ServerSummary,
  {
    cost = {},
    query = {},
    events = EVENTS,
    options = {},
  }: {
    readonly cost?: Changes;
    readonly query?: Changes;
    readonly events?: Iterable<CostEvent>;
    readonly options?: ReconcileOptions;
  } = {},
): Reconciliation {
  return reconcile({ cost: costOf(cost), events, query: { ...JUNE, ...query }, server }, options);
}
const best = ({ explanations }: Reconciliation): string[] =>
  explanations.filter(({ rank }) => rank === 1).map(idsOf);
const plain = (value: unknown) => JSON.parse(JSON.stringify(value));

describe("the verdict", () => {
  test("equal, with numbers in any form, and with a cost alone", () => {
    for (const amount of [20, "20", "20.000", 20n, new Decimal(20)]) {
      expect(compared({ totalCost: amount, totalQuantity: amount }).verdict).toBe("equal");
    }
    expect(compared({ totalCost: 20 }).verdict).toBe("equal");
  });

  test("both sides null are equal", () => {
    const server = { totalCost: null, totalQuantity: null };
    expect(compared(server, { cost: { aggregation: "AVG" }, events: [] }).verdict).toBe("equal");
  });

  test("null is not zero: the answer is unavailable, and nothing is explained", () => {
    const zero = compared({ totalCost: null, totalQuantity: null }, { events: [] });
    expect([zero.verdict, zero.explanations]).toEqual(["unavailable", []]);
    expect(zero.total.cost).toMatchObject({ server: null, difference: null });
    expect(compared({ totalCost: null, totalQuantity: 20 }).verdict).toBe("unavailable");
  });

  test("a local null against a number is different", () => {
    const server = { totalCost: 0, totalQuantity: 0 };
    expect(compared(server, { cost: { aggregation: "MAX" }, events: [] }).verdict).toBe(
      "different",
    );
  });

  test("equal as double: the very number that doubles make of it", () => {
    const events = [call(0, "0.1234567890123456789")];
    const server = { totalCost: 0.12345678901234568, totalQuantity: "0.12345678901234568" };
    expect(compared(server, { events }).verdict).toBe("equal-as-double");
    const next = { ...server, totalQuantity: "0.1234567890123459" };
    expect(compared(next, { events }).verdict).toBe("different");
  });

  test("equal as double: in its shortest form, and in one of 17 digits", () => {
    const events = [call(0, "0.1000000000000000055")];
    const verdictOf = (quantity: string) =>
      compared({ totalCost: "0.1000000000000000055", totalQuantity: quantity }, { events }).verdict;
    expect(verdictOf("0.1")).toBe("equal-as-double");
    expect(verdictOf("0.10000000000000001")).toBe("equal-as-double");
    expect(verdictOf("0.10000000000000001000")).toBe("equal-as-double");
    expect(verdictOf("0.100000000000000011")).toBe("within-tolerance");
    expect(verdictOf("0.10000000000001")).toBe("different");
  });

  test("a quantity of null beside a cost is unavailable, too", () => {
    expect(compared({ totalCost: 20, totalQuantity: null }).verdict).toBe("unavailable");
    expect(compared({ totalCost: null, totalQuantity: null }).verdict).toBe("unavailable");
  });

  test("within the tolerance of adding up in doubles", () => {
    const values = Array.from({ length: 10 }, () => 0.1);
    const sum = values.reduce((a, b) => a + b);
    const events = values.map((value) => call(0, value));
    const local = summarizeCost(costOf(), events, JUNE);
    expect(local.totalCost?.equals(sum)).toBe(false);
    const server = { totalCost: sum, totalQuantity: sum };
    expect(compared(server, { events }).verdict).toBe("within-tolerance");
    const off = { totalCost: sum + 1e-9, totalQuantity: sum + 1e-9 };
    expect(compared(off, { events }).verdict).toBe("different");
  });

  test("integers add up in doubles without loss: nothing is let pass", () => {
    const events = Array.from({ length: 9_000 }, () => call(0, 2_000));
    const server = { totalCost: "18000000", totalQuantity: "18000000.0000001" };
    expect(compared(server, { events }).verdict).toBe("different");
  });

  test("within the caller's tolerance, of quantity and of cost each", () => {
    const server = { totalCost: "20.01", totalQuantity: "20.01" };
    const tolerance = { quantity: "0.01", cost: "0.01" };
    expect(compared(server, { options: { tolerance } }).verdict).toBe("within-tolerance");
    const half = { tolerance: { cost: "0.01" } };
    expect(compared(server, { options: half }).verdict).toBe("different");
  });
});

describe("rows", () => {
  const query = { groupBy: "model", window: "MINUTE" };
  const events = [...EVENTS, call(3, 2, {}, { model: "small" })];

  test("that differ or are on one side only are listed, server less local", () => {
    const row = (minute: number, quantity: number) => ({
      windowStart: new Date(`2026-06-15T12:0${minute}:00Z`),
      quantity,
      cost: quantity,
    });
    const result = compared(
      {
        totalCost: 23,
        totalQuantity: 23,
        groups: [{ dimensions: { model: "large" }, quantity: 23, cost: 23 }],
        timeSeries: [row(4, 1), row(0, 12), row(1, 8), row(2, 1)],
      },
      { query, events },
    );
    const amounts = (local: string | null, server: string | null, difference: string) => ({
      quantity: { local, server, difference },
      cost: { local, server, difference },
    });
    expect(plain(result.total)).toEqual({ side: "both", ...amounts("22", "23", "1") });
    expect(plain(result.groups)).toEqual([
      { dimensions: { model: "large" }, side: "both", ...amounts("20", "23", "3") },
      { dimensions: { model: "small" }, side: "local", ...amounts("2", null, "-2") },
    ]);
    expect(plain(result.timeSeries)).toEqual([
      { windowStart: "2026-06-15T12:01:00.000Z", side: "both", ...amounts("7", "8", "1") },
      { windowStart: "2026-06-15T12:03:00.000Z", side: "local", ...amounts("2", null, "-2") },
      { windowStart: "2026-06-15T12:04:00.000Z", side: "server", ...amounts(null, "1", "1") },
    ]);
    expect(result.verdict).toBe("different");
  });

  test("that the answer does not have are not compared, and noted", () => {
    const { verdict, audit } = compared({ totalCost: 20 }, { query });
    expect(verdict).toBe("equal");
    expect(audit.notes).toEqual([
      expect.stringContaining("asks for groups"),
      expect.stringContaining("asks for windows"),
    ]);
  });
});

describe("single events", () => {
  const answer = (events: readonly CostEvent[], query: Changes, cost: Changes = {}) =>
    summarizeCost(costOf(cost), events, { ...JUNE, ...query });

  test.each(["SUM", "COUNT", "AVG", "MIN", "MAX", "LATEST", "UNIQUE_COUNT"])(
    "%s: one that the server lacks is among the candidates",
    (aggregation) => {
      const events = [
        call(0, 5),
        call(0, 9),
        call(1, 11),
        call(1, 3),
        call(1, 4),
        call(2, 30),
        call(2, 1),
      ];
      const query = { window: "MINUTE", groupBy: "model" };
      for (const [index] of events.entries()) {
        const server = answer(
          events.filter((_, at) => at !== index),
          query,
          { aggregation },
        );
        const result = compared(server, { cost: { aggregation }, query, events });
        if (result.verdict === "equal") continue; // an event that no row shows
        const found = result.explanations.find((one) => idsOf(one) === "event-left-out");
        expect([...(found?.events.all() ?? [])].map((event) => event.index)).toContain(index);
        expect(found?.rank).toBe(1);
      }
    },
  );

  test("of distinct values, the other group of the same window is no candidate", () => {
    const query = { window: "MINUTE", groupBy: "model" };
    const cost = { aggregation: "UNIQUE_COUNT" };
    const events = [
      call(0, "x", {}, { model: "a" }),
      call(0, "y", {}, { model: "b" }),
      call(1, "x", {}, { model: "a" }),
      call(1, "y", {}, { model: "c" }),
    ];
    const server = answer(events.slice(1), query, cost);
    const { explanations } = compared(server, { cost, query, events });
    const found = explanations.find((one) => idsOf(one) === "event-left-out");
    expect([...(found?.events.all() ?? [])]).toEqual([{ index: 0 }]);
  });

  test("one that was counted twice is found, too", () => {
    const query = { window: "MINUTE" };
    const { explanations } = compared(answer([...EVENTS, call(0, 7)], query), { query });
    const found = explanations.find((one) => idsOf(one) === "event-repeated");
    expect(found?.events).toMatchObject({ count: 1, first: [{ index: 1, key: "b" }] });
  });

  test("where a total alone is given and several would fit, it may be chance", () => {
    const result = compared({ totalCost: 13, totalQuantity: 13 });
    expect(result.verdict).toBe("coincidence");
    const found = result.explanations.find((one) => idsOf(one) === "event-left-out");
    expect(found?.events.count).toBe(2);
    expect(found?.advice).toMatch(/MINUTE windows/);
  });

  test("where only one fits, and hardly any would by chance, it is explained", () => {
    const events = [5_137, 7_211, 9_004, 1_277].map((value, minute) => call(minute, value));
    const total = 7_211 + 9_004 + 1_277;
    const result = compared({ totalCost: total, totalQuantity: total }, { events });
    expect([result.verdict, best(result)]).toEqual(["explained", ["event-left-out"]]);
    expect(result.explanations[0]?.chance).toBeLessThan(1e-3);
  });

  test("of small numbers one always fits: it may be chance, and the next queries say how to tell", () => {
    const result = compared({ totalCost: 15, totalQuantity: 15 });
    expect([result.verdict, best(result)]).toEqual(["coincidence", ["event-left-out"]]);
    expect(result.nextQueries[0]).toEqual({
      query: { ...JUNE, groupBy: ["model", "region"], window: "MINUTE" },
      reason: expect.stringContaining("MINUTE windows and all dimensions"),
    });
  });

  test("the next queries are for the stretch that differs, and then for each subject", () => {
    const log = EVENTS.map((event, at) => ({ ...event, subject: `cus_${at % 2}` }));
    const query = { window: "HOUR" };
    const result = compared(answer(log.slice(1), query), { query, events: log });
    const finer = { from: new Date("2026-06-15T12:00:00Z"), to: new Date("2026-06-15T13:00:00Z") };
    expect(result.nextQueries.map(({ query: next }) => next)).toEqual(
      [{}, { subject: "cus_0" }, { subject: "cus_1" }].map((subject) => ({
        ...finer,
        groupBy: ["model", "region"],
        window: "MINUTE",
        ...subject,
      })),
    );
    const explained = compared({ totalCost: 20 });
    expect(explained.nextQueries).toEqual([]);
  });

  test("of a count, a total alone always has events that fit", () => {
    const cost = { aggregation: "COUNT" };
    expect(compared({ totalCost: 3, totalQuantity: 3 }, { cost }).verdict).toBe("coincidence");
  });
});

describe("hypotheses", () => {
  test("that are inert are not listed: folding a SUM, a rule that no event meets", () => {
    const query = { window: "MINUTE" };
    const server = summarizeCost(costOf(), EVENTS.slice(1), { ...JUNE, window: "MINUTE" });
    expect(best(compared(server, { query }))).toEqual(["event-left-out"]);
  });

  test("that explain alone are in no pair", () => {
    const events = [
      ...EVENTS,
      call(1, 9, { idempotencyKey: "a" }),
      call(2, 4, { timestamp: JUNE.to }),
    ];
    const query = { window: "MINUTE" };
    const server = summarizeCost(
      costOf(),
      events,
      { ...JUNE, window: "MINUTE" },
      { deduplicate: false },
    );
    const { explanations } = compared(server, { query, events });
    expect(explanations.filter(({ hypotheses }) => hypotheses.length > 1)).toEqual([]);
    expect(explanations.map(idsOf)).toContain("duplicates-counted");
  });

  test("name the events that they treat otherwise", () => {
    const events = [
      ...EVENTS,
      call(2, 9, { idempotencyKey: "a" }),
      call(1, 2, { idempotencyKey: "b" }),
    ];
    const query = { window: "MINUTE" };
    const server = summarizeCost(
      costOf(),
      events,
      { ...JUNE, window: "MINUTE" },
      { deduplicate: false },
    );
    const [found] = compared(server, { query, events }).explanations;
    expect(found?.events).toMatchObject({
      count: 2,
      first: [
        { index: 4, key: "a" },
        { index: 5, key: "b" },
      ],
    });
  });

  test("windows of another offset are found by their instants, too", () => {
    const events = [
      ...EVENTS,
      eventOf({ timestamp: "2026-06-15T20:00:00Z", data: { value: 30_517 } }),
      call(3, 40_211),
    ];
    const cost = costOf();
    const query = { ...JUNE, window: "DAY" } as const;
    const setup = { cost, events, query, options: {}, answer: (summary: CostSummary) => summary };
    const server = answerOf(windowOffset(330, "instants")(setup));
    expect(server.timeSeries?.[0]?.windowStart.toISOString()).toBe("2026-06-14T18:30:00.000Z");
    const result = reconcile({ cost, events, query, server });
    expect(result.verdict).toBe("explained");
    expect(result.explanations[0]?.hypotheses).toEqual([
      { id: "window-offset", parameters: { utcOffset: "+05:30", labels: "instants" } },
    ]);
  });

  test("an event without a usable value has no cost to round", () => {
    const cost = { unitCost: "0.001" };
    const events = [call(0, 5), call(0, 7), call(0, "n/a"), call(0, undefined)];
    const result = compared({ totalCost: "0.02", totalQuantity: 12 }, { cost, events });
    expect(result.explanations.flatMap(({ hypotheses }) => hypotheses)).toContainEqual({
      id: "cost-rounded",
      parameters: { places: 2, per: "event", mode: "half-up" },
    });
  });

  test("a unit cost that the caller names is tried against a total alone", () => {
    const options = { unitCosts: ["0.25", "2"] };
    const result = compared({ totalCost: 5, totalQuantity: 20 }, { options });
    expect(result.explanations[0]?.hypotheses).toEqual([
      { id: "other-unit-cost", parameters: { unitCost: "0.25" } },
    ]);
    expect(compared({ totalCost: 5, totalQuantity: 20 }).verdict).toBe("different");
  });

  test("a history of unit costs that the caller names is tried, against totals too", () => {
    const at = "2026-06-15T12:01:00Z";
    const options = { unitCostHistory: [{ from: at, unitCost: "3" }] };
    const server = { totalQuantity: 20, totalCost: 12 + 3 * 8 };
    const result = compared(server, { options });
    expect(result.verdict).toBe("explained");
    expect(result.explanations[0]?.hypotheses).toEqual([
      {
        id: "unit-cost-changed",
        parameters: { at: "2026-06-15T12:01:00.000Z", before: "1", after: "3" },
      },
    ]);
    expect(compared(server).verdict).toBe("different");
  });

  test("a gateway that was down for a part of one minute is not called explained", () => {
    const query = { window: "MINUTE" };
    const log = Array.from({ length: 30 }, (_, at) =>
      call(Math.floor(at / 10), 1, { source: at % 3 === 0 ? "b" : "a", idempotencyKey: `k${at}` }),
    );
    const received = log.filter((_, at) => at !== 0 && at !== 3);
    const server = summarizeCost(costOf(), received, { ...JUNE, window: "MINUTE" });
    expect(compared(server, { query, events: log }).verdict).not.toBe("explained");
  });

  test("keys are left out or repeated as a whole where events are not deduplicated", () => {
    const events = [...EVENTS, call(2, 9, { idempotencyKey: "a" })];
    const without = events.filter(({ idempotencyKey }) => idempotencyKey !== "a");
    const query = { window: "MINUTE" };
    const server = summarizeCost(costOf(), without, { ...JUNE, window: "MINUTE" });
    const result = compared(server, { query, events, options: { deduplicate: false } });
    expect(best(result)).toEqual(["key-left-out"]);
  });
});

test("events are named by their keys, which may have come in another order before", () => {
  const keys = ["a", "b", "b", "a"];
  const events = keys.map((idempotencyKey, at) =>
    call(at, 1_009 + at * 317, { idempotencyKey, subject: at < 2 ? "cus_1" : "cus_2" }),
  );
  const query = { window: "MINUTE" } as const;
  const server = summarizeCost(costOf(), events.slice(0, 2), { ...JUNE, ...query });
  const { explanations } = compared(server, { query, events, options: { deduplicate: false } });
  const found = explanations.find((one) => idsOf(one) === "subject-left-out");
  expect(found?.events.first).toEqual([
    { index: 2, key: "b" },
    { index: 3, key: "a" },
  ]);
});

describe("rules of repeated keys", () => {
  const query = { window: "MINUTE" } as const;
  // Each key comes from three sources, and later again from each of them.
  const events = Array.from({ length: 36 }, (_, at) =>
    call(at, 1_009 + ((at * 7_919) % 9_973), {
      idempotencyKey: `k${at % 6}`,
      source: `s${Math.floor(at / 6) % 3}`,
    }),
  );
  const firsts = events.slice(0, 18);
  const lasts = events.slice(18);

  test.each([
    ["the last of each key and source counts", lasts, "last-of-equal-keys"],
    ["the first of each key counts, whatever its source", events.slice(0, 6), "key-alone"],
    ["the last of each key counts", events.slice(-6), "key-alone + last-of-equal-keys"],
    ["all count", events, "duplicates-counted"],
  ])("%s", (_, counted, id) => {
    const server = summarizeCost(costOf(), counted, { ...JUNE, ...query }, { deduplicate: false });
    const result = compared(server, { query, events });
    expect(result.verdict).toBe("explained");
    expect(best(result)).toContain(id);
  });

  test("where all of them count anyway, none of these is tried", () => {
    const server = summarizeCost(costOf(), firsts, { ...JUNE, ...query });
    const options = { deduplicate: false };
    const { explanations, verdict } = compared(server, { query, events, options });
    expect(verdict).toBe("explained");
    expect(explanations.map(idsOf)).not.toContain("last-of-equal-keys");
  });
});

describe("a filter that null passes, or does not", () => {
  const events = Array.from({ length: 24 }, (_, at) =>
    call(at, 1_009 + ((at * 7_919) % 9_973), {}, { model: [null, undefined, "large"][at % 3] }),
  );
  // The server knows no null: it is an empty text there.
  const stored = events.map((event) => {
    const { model, ...data } = event.data as { readonly model: unknown };
    return { ...event, data: model === null ? data : event.data };
  });

  test.each(["", "null"])("%j", (model) => {
    const query = { window: "MINUTE", filterGroupBy: { model } };
    const server = summarizeCost(costOf(), stored, { ...JUNE, ...query } as CostSummaryParams);
    const result = compared(server, { query, events });
    expect(best(result)).toContain("null-as-empty");
  });
});

test("of more than 64 other types only the first 64 are told apart", () => {
  const query = { window: "MINUTE" } as const;
  const events = Array.from({ length: 70 * 3 }, (_, at) =>
    call(at % 50, 1_009 + ((at * 7_919) % 9_973), { type: `type ${at % 70}` }),
  );
  const own = Array.from({ length: 50 }, (_, minute) => call(minute, 1));
  const causesOf = (type: string) => {
    const counted = events.filter((event) => event.type === type);
    const asOwn = counted.map((event) => ({ ...event, type: "call" }));
    const server = summarizeCost(costOf(), [...own, ...asOwn], { ...JUNE, ...query });
    const { explanations } = compared(server, { query, events: [...events, ...own] });
    return explanations.flatMap(({ hypotheses }) => hypotheses);
  };
  const counted = (type: string) => ({ id: "other-type-counted", parameters: { type } });
  expect(causesOf("type 63")).toEqual([counted("type 63")]);
  expect(causesOf("type 64")).not.toContainEqual(
    expect.objectContaining({ id: "other-type-counted" }),
  );
});

describe("the audit", () => {
  test("says what became of every event, each with one reason", () => {
    const events = [
      ...EVENTS,
      call(0, 5, { idempotencyKey: "a" }),
      call(0, 1, { type: "other" }),
      call(0, "12 tokens"),
      call(0, undefined),
      call(0, null),
      eventOf({ timestamp: "2027-01-01T00:00:00Z" }),
      eventOf({ timestamp: "2025-01-01T00:00:00Z" }),
      call(0, 1, { subject: 5, idempotencyKey: "bad" }),
      eventOf({ timestamp: undefined }),
    ];
    const errors: number[] = [];
    const { audit } = compared(
      { totalCost: 20 },
      {
        events,
        options: {
          clock: () => new Date("2026-06-15T13:00:00Z"),
          onInvalidEvent: ({ index }) => void errors.push(index),
        },
      },
    );
    const counts = Object.entries(audit.leftOut).filter(([, { count }]) => count > 0);
    expect(Object.fromEntries(counts.map(([reason, { count }]) => [reason, count]))).toEqual({
      duplicate: 1,
      "other-type": 1,
      "unusable-value": 1,
      "no-value": 2,
      after: 1,
      before: 1,
      invalid: 1,
    });
    expect(audit.leftOut.invalid.first).toEqual([{ index: 11, key: "bad" }]);
    expect([audit.read, audit.used, errors]).toEqual([13, 5, [11]]);
    expect(audit.notes).toEqual([expect.stringContaining("1 event has no timestamp")]);
  });

  const UNCOUNTED: Readonly<Record<string, Changes>> = {
    duplicate: { idempotencyKey: "counted" },
    "other-type": { type: "other" },
    "other-namespace": { namespace: "org_2" },
    "other-subject": { subject: "cus_2" },
    "unresolved-subject": { subject: undefined, externalSubject: "x" },
    before: { timestamp: "2026-05-31T23:59:59.999Z" },
    after: { timestamp: JUNE.to },
    filtered: { data: { value: 1, model: "small" } },
    "no-value": { data: { model: "large" } },
    "unusable-value": { data: { value: "much", model: "large" } },
    invalid: { timestamp: "June" },
  };

  test("names the first five of each reason by their keys, in events and in lines", async () => {
    const counted = eventOf({
      ...{ subject: "cus_1", namespace: "org_1", timestamp: JUNE.from, idempotencyKey: "counted" },
      data: { value: 7, model: "large" },
    });
    // The first of each reason has no key, those of the others begin with a byte order mark.
    const events = [
      counted,
      ...Object.entries(UNCOUNTED).flatMap(([reason, changes]) =>
        Array.from({ length: 7 }, (_, at) => ({
          ...counted,
          idempotencyKey: at === 0 ? undefined : `\uFEFF${reason} ${at}`,
          ...changes,
        })),
      ),
    ];
    const query = { ...JUNE, subject: "cus_1", filterGroupBy: { model: "large" } };
    const cost = costOf({ merchantId: "org_1" });
    const expected = Object.fromEntries(
      Object.keys(UNCOUNTED).map((reason, place) => {
        const first = Array.from({ length: 5 }, (_, at) => {
          const index = 1 + 7 * place + at;
          const key = events[index]?.idempotencyKey;
          return key === undefined ? { index } : { index, key };
        });
        return [reason, { count: 7, first }];
      }),
    );
    const server = { totalCost: 7, totalQuantity: 7 };
    const options = { onInvalidEvent: () => undefined };
    const source = events.map((event) => `${JSON.stringify(event)}\n`).join("");
    for (const result of [
      reconcile({ cost, events, query, server }, options),
      await reconcileNdjson({ cost, source, query, server }, options),
    ]) {
      expect([result.verdict, result.audit.used, result.audit.leftOut]).toEqual([
        "equal",
        1,
        expected,
      ]);
    }
  });

  test("notes an answer of another cost", () => {
    const server = { totalCost: 20, id: "cst_2", currency: "EUR" };
    const { audit } = compared(server, { cost: { id: "cst_1", currency: "USD" } });
    expect(audit.notes).toEqual([
      `The response's id is "cst_2", the cost's "cst_1".`,
      `The response's currency is "EUR", the cost's "USD".`,
    ]);
  });

  test("finds an answer in another currency different, whatever its numbers", () => {
    const cost = { currency: "USD" };
    const message =
      "The server's amounts are in EUR, yours in USD: compare with the cost that the server was asked for.";
    for (const totalCost of [20, 15]) {
      const result = compared({ totalCost, totalQuantity: totalCost, currency: "EUR" }, { cost });
      expect(result).toMatchObject({
        verdict: "different",
        explanations: [],
        findings: [{ kind: "currency", share: 1, message }],
        nextQueries: [],
      });
      expect(formatReconciliation(result).split("\n")[1]).toBe(message);
    }
    const none = compared({ totalCost: null, currency: "EUR" }, { cost });
    expect([none.verdict, none.findings]).toEqual(["unavailable", []]);
    expect(compared({ totalCost: 20, currency: "usd" }, { cost }).verdict).toBe("equal");
    expect(compared({ totalCost: 20, currency: "EUR" }, { cost: { currency: null } }).verdict).toBe(
      "equal",
    );
  });
});

test("what an event's own getters throw makes it invalid, as in a summary", () => {
  const throwing = (name: string, target: object): object =>
    Object.defineProperty(target, name, {
      enumerable: true,
      get: () => {
        throw new Error("no");
      },
    });
  const events = [
    ...EVENTS,
    throwing("subject", call(0, 1)) as CostEvent,
    call(0, 1, { data: throwing("value", {}) }),
  ];
  const { audit, verdict } = compared({ totalCost: 20 }, { events });
  expect([verdict, audit.leftOut.invalid.count]).toEqual(["equal", 2]);
});

test("events may come from a generator, and are read once", () => {
  let read = 0;
  function* stream(): Generator<CostEvent, void, undefined> {
    for (const event of EVENTS) {
      read++;
      yield event;
    }
  }
  const result = compared({ totalCost: 15, totalQuantity: 15 }, { events: stream() });
  expect([...(result.explanations[0]?.events.all() ?? [])]).toEqual([{ index: 0, key: "a" }]);
  expect(read).toBe(EVENTS.length);
});

test.each<readonly [string, unknown, Changes, readonly (string | number)[]]>([
  ["no object", 5, {}, ["server"]],
  ["no amount", { totalCost: "much" }, {}, ["server", "totalCost"]],
  [
    "groups that were not asked for",
    { totalCost: 1, groups: [{ dimensions: {}, quantity: 1, cost: 1 }] },
    {},
    ["server", "groups"],
  ],
  [
    "groups of another dimension",
    { totalCost: 1, groups: [{ dimensions: { region: "eu" }, quantity: 1, cost: 1 }] },
    { groupBy: "model" },
    ["server", "groups", 0, "dimensions"],
  ],
  [
    "windows that were not asked for",
    { totalCost: 1, timeSeries: [{ windowStart: JUNE.from, quantity: 1, cost: 1 }] },
    {},
    ["server", "timeSeries"],
  ],
  [
    "a bad time",
    { totalCost: 1, timeSeries: [{ windowStart: "noon", quantity: 1, cost: 1 }] },
    { window: "DAY" },
    ["server", "timeSeries", 0, "windowStart"],
  ],
  [
    "rows that are none",
    { totalCost: 1, timeSeries: 5 },
    { window: "DAY" },
    ["server", "timeSeries"],
  ],
])("an answer with %s is refused", (_, server, query, path) => {
  const issues = inputIssuesOf(() => compared(server as ServerSummary, { query }));
  expect(issues[0]?.path).toEqual(path);
});

test.each<readonly [string, unknown, readonly (string | number)[]]>([
  ["a negative tolerance", { tolerance: { cost: -1 } }, ["tolerance", "cost"]],
  ["an unknown tolerance", { tolerance: { price: 1 } }, ["tolerance", "price"]],
  ["an unknown option", { strict: true }, ["strict"]],
  ["a bad unit cost", { unitCosts: ["1", "x"] }, ["unitCosts", 1]],
  [
    "an instant twice in a history",
    { unitCostHistory: [1, 2].map((unitCost) => ({ from: JUNE.from, unitCost })) },
    ["unitCostHistory", 1, "from"],
  ],
  ["too many unit costs", { unitCosts: Array.from({ length: 33 }, () => 1) }, ["unitCosts"]],
  ["no options", null, []],
])("%s is refused", (_, options, path) => {
  const issues = inputIssuesOf(() =>
    compared({ totalCost: 1 }, { options: options as ReconcileOptions }),
  );
  expect(issues[0]?.path).toEqual(path);
});

describe("in writing", () => {
  const query = { window: "MINUTE" } as const;
  const log = [call(0, 5_137, { idempotencyKey: "a" }), ...EVENTS.slice(1)];
  const cost = { unitCost: "0.15" };
  /** Of a log, with a server that lacks the first event. */
  const resultOf = (events: readonly CostEvent[] = log): Reconciliation => {
    const server = summarizeCost(costOf(cost), log.slice(1), { ...JUNE, ...query });
    return compared(server, { cost, query, events });
  };

  test("the verdict comes first, then what happened, and amounts are aligned at the point", () => {
    expect(formatReconciliation(resultOf())).toBe(
      `EXPLAINED: they differ, and this is why.
The server's total cost is 770.55 lower than yours: the server lacks one event (a).

                        quantity, local  server  difference  cost, local  server  difference
  total                            5152      15       -5137        772.8    2.25     -770.55
  2026-06-15 12:00 UTC             5144       7       -5137        771.6    1.05     -770.55

Explanations, best first:
  1. event-left-out, exactly
     1 event: #0 a
     The server lacks this event: check whether it was sent and answered with 202; sending it again under the same key is safe.

4 events read, 4 used; left out: none.`,
    );
  });

  test("a long key is cut", () => {
    const key = `k${"0".repeat(10_000)}`;
    const events = log.map((event, at) => (at === 0 ? { ...event, idempotencyKey: key } : event));
    const text = formatReconciliation(resultOf(events));
    expect(text).toContain(`the server lacks one event (k${"0".repeat(79)}...).`);
    expect(text).toContain(`#0 k${"0".repeat(79)}...\n`);
    expect(text).not.toContain("0".repeat(81));
  });

  test("says where nothing counts", () => {
    const sentenceOf = (result: Reconciliation) => formatReconciliation(result).split("\n")[1];
    const none = { totalQuantity: 0, totalCost: 0 };
    for (const server of [{ ...none, timeSeries: [] }, none]) {
      const asked = "timeSeries" in server ? { query } : {};
      const { explanations, ...rest } = compared(server, { ...asked, events: log });
      expect(sentenceOf({ explanations, ...rest })).toMatch(
        /^The server's total cost is 5152 lower than yours.* the server has counted none of your events[.,]/,
      );
      expect(explanations[0]?.advice).toMatch(
        /^The server has none of your events: check the cost/,
      );
    }
    const one = { totalQuantity: 1, totalCost: 1 };
    expect(sentenceOf(compared(one, { events: [] }))).toBe(
      "The server's total cost is 1 higher than yours, because your log has no events.",
    );
    const others = log.map((event) => ({ ...event, timestamp: "2026-05-01T00:00:00Z" }));
    expect(sentenceOf(compared(one, { events: others }))).toBe(
      "The server's total cost is 1 higher than yours, because none of the 4 events in your log counts.",
    );
  });

  test("windows of another length than the query's are refused", () => {
    const served = plain(summarizeCost(costOf(), log, { ...JUNE, window: "DAY" }));
    const issues = inputIssuesOf(() =>
      compared(served, { query: { window: "HOUR" }, events: log }),
    );
    expect(issues).toEqual([
      {
        path: ["server", "timeSeries"],
        message:
          "expected windows of one HOUR, as the query asks for, not of one DAY: compare with the query that the server was asked",
      },
    ]);
    const minutes = plain(summarizeCost(costOf(), log, { ...JUNE, window: "MINUTE" }));
    expect(
      inputIssuesOf(() => compared(minutes, { query: { window: "DAY" }, events: log }))[0]?.message,
    ).toContain("not of one MINUTE");
    // A server may cut its windows at the ends of the range.
    const half = { windowStart: "2026-06-15T12:00:00Z", windowEnd: "2026-06-15T12:30:00Z" };
    const cut = { totalCost: 20, timeSeries: [{ ...half, quantity: 20, cost: 20 }] };
    expect(compared(cut, { query: { window: "HOUR" } }).verdict).toBe("equal");
  });

  test("the same in Markdown and in HTML, escaped", () => {
    const dimensions = { model: "<b>|*" };
    const result = resultOf();
    const odd = { ...result, groups: [{ ...result.total, dimensions }] };
    const markdown = formatReconciliation(odd, { format: "markdown" });
    expect(markdown).toMatch(
      /^\*\*EXPLAINED: they differ, and this is why\.\*\*\n\nThe server's total/,
    );
    expect(markdown).toContain(
      '| model="\\<b\\>\\|\\*" | 5152 | 15 | -5137 | 772.8 | 2.25 | -770.55 |',
    );
    const html = formatReconciliation(odd, { format: "html" });
    expect(html).toContain("&lt;b&gt;|*");
    expect(html).not.toContain("<b>");
    const format = "pdf" as never;
    expect(inputIssuesOf(() => formatReconciliation(result, { format }))[0]?.path).toEqual([
      "format",
    ]);
  });

  test("what is not explained is localized, and the next queries are written out", () => {
    const log = Array.from({ length: 40 }, (_, at) =>
      call(at % 20, 1_000 + ((at * 7_919) % 9_973), {
        subject: `cus_${at % 2}`,
        source: at % 3 === 0 ? "b" : "a",
      }),
    );
    // One source is missing within a while, and one event has another value: no cause accounts for that.
    const received = log
      .filter(({ source }, at) => !(source === "b" && at % 20 >= 3 && at % 20 < 10))
      .map((event) => (event === log[37] ? { ...event, data: { value: 12_345 } } : event));
    const server = summarizeCost(costOf(), received, { ...JUNE, window: "MINUTE" });
    const open = compared(server, { query: { window: "MINUTE" }, events: log });
    expect(open.verdict).toBe("different");
    expect(open.findings).toContainEqual(
      expect.objectContaining({
        kind: "windows",
        share: 1,
        from: new Date("2026-06-15T12:03:00Z"),
        to: new Date("2026-06-15T12:18:00Z"),
      }),
    );
    const source = open.findings.find(({ kind }) => kind === "source");
    expect(source).toMatchObject({ source: "b" });
    expect(source?.share).toBeGreaterThan(0.7);
    expect(open.nextQueries[0]?.query).toMatchObject({ window: "MINUTE" });
    const text = formatReconciliation(open);
    expect(text).toContain("windows 2026-06-15 12:03 UTC to 2026-06-15 12:18 UTC: 100 %.");
    expect(text).toContain('source "b": ');
    expect(text).toContain("What to ask the server next:");
  });

  test("stretches at another unit cost are named", () => {
    const log = Array.from({ length: 12 }, (_, at) => call(at, 10));
    const local = summarizeCost(costOf(), log, { ...JUNE, window: "MINUTE" });
    const timeSeries = local.timeSeries?.map((row, at) => ({
      ...row,
      cost: row.cost.times(at < 4 || at >= 9 ? 1 : at === 6 ? 5 : 3),
    }));
    const open = compared({ ...local, timeSeries }, { query: { window: "MINUTE" }, events: log });
    expect(open.findings.filter(({ kind }) => kind === "unit-cost")).toMatchObject([
      { from: new Date("2026-06-15T12:04:00Z"), to: new Date("2026-06-15T12:06:00Z") },
      { from: new Date("2026-06-15T12:07:00Z"), to: new Date("2026-06-15T12:09:00Z") },
      { message: "The server charged 5 a unit here, not 1." },
    ]);
  });

  test("JSON is plain", () => {
    const result = resultOf();
    const json = JSON.parse(JSON.stringify(result));
    expect(json).toEqual(result.toJSON());
    expect(json.total.cost).toEqual({ local: "772.8", server: "2.25", difference: "-770.55" });
    expect(json.explanations[0]).toMatchObject({
      rank: 1,
      hypotheses: [{ id: "event-left-out" }],
      exact: true,
      residual: { quantity: "0", cost: "0" },
      events: { count: 1, first: [{ index: 0, key: "a" }] },
    });
  });

  test("long lists are cut, and say so", () => {
    const events = Array.from({ length: 50 }, (_, minute) => call(minute, 1));
    const text = formatReconciliation(
      compared({ totalCost: 0, totalQuantity: 0, timeSeries: [] }, { query, events }),
    );
    expect(text).toMatch(/\.\.\. and 30 more rows that differ/);
  });
});

test.each([undefined, null, [], "cost"])(
  "without an input, %j, there is nothing to compare",
  (input) => {
    const issues = inputIssuesOf(() => reconcile(input as never));
    expect(issues).toEqual([
      { path: [], message: "expected an object with cost, events, query and server" },
    ]);
  },
);

test("an answer whose rows have a hole is refused", () => {
  const timeSeries = new Array(1) as NonNullable<ServerSummary["timeSeries"]>;
  const server = { totalCost: "1", totalQuantity: "1", timeSeries };
  const issues = inputIssuesOf(() => compared(server, { query: { window: "DAY" } }));
  expect(issues[0]?.path).toEqual(["server", "timeSeries", 0]);
});

test("an answer's groups are those of the query, each with all of its dimensions", () => {
  const query = { groupBy: ["model", "region"] };
  const of = (dimensions: Readonly<Record<string, string>>, ...others: object[]) => {
    const row = { dimensions, quantity: 1, cost: 1 };
    const server = { totalCost: 1, groups: [row, ...others] } as ServerSummary;
    return inputIssuesOf(() => compared(server, { query }));
  };
  const message = "expected the query's: model, region";
  const path = ["server", "groups", 0, "dimensions"];
  for (const dimensions of [
    { model: "a" },
    { model: "a", place: "b" },
    { place: "b", region: "c" },
    { model: "a", region: "b", place: "c" },
  ]) {
    expect(of(dimensions as unknown as Record<string, string>)).toEqual([{ path, message }]);
  }
  const twice = { dimensions: { region: "b", model: "a" }, quantity: 2, cost: 2 };
  expect(of({ model: "a", region: "b" }, twice)).toEqual([
    { path: ["server", "groups", 1], message: "expected each group once" },
  ]);
});

test("an answer has no groups and no windows that were not asked for", () => {
  const groups = [{ dimensions: {}, quantity: 1, cost: 1 }];
  const timeSeries = [{ windowStart: JUNE.from, quantity: 1, cost: 1 }];
  const messagesOf = (server: object) =>
    inputIssuesOf(() => compared({ totalCost: 20, ...server } as ServerSummary)).map(
      ({ message }) => message,
    );
  expect(messagesOf({ groups })).toEqual(["expected none: the query has no groupBy"]);
  expect(messagesOf({ timeSeries })).toEqual(["expected none: the query has no window"]);
  expect(compared({ totalCost: 20, groups: [], timeSeries: [] }).verdict).toBe("equal");
});

test("an answer's windows are there once each", () => {
  const row = { windowStart: "2026-06-15T12:00:00Z", quantity: 1, cost: 1 };
  const server = { totalCost: 1, timeSeries: [row, row] };
  expect(inputIssuesOf(() => compared(server, { query: { window: "MINUTE" } }))).toEqual([
    { path: ["server", "timeSeries", 1], message: "expected each window once" },
  ]);
});

test("a Decimal of an answer may be as long as a sum is", () => {
  const events = [call(0, "1e900"), call(0, "1e-900")];
  const { totalQuantity, totalCost } = summarizeCost(costOf(), events, JUNE);
  const server = { totalQuantity, totalCost } as ServerSummary;
  expect(totalQuantity?.precision()).toBe(1_801);
  expect(compared(server, { events }).verdict).toBe("equal");
  const last = { ...server, totalCost: totalCost?.plus("1e899") } as ServerSummary;
  expect(compared(last, { events }).verdict).toBe("different");
  const far = new Decimal("1e10001");
  expect(inputIssuesOf(() => compared({ totalCost: far }))[0]?.path).toEqual([
    "server",
    "totalCost",
  ]);
  expect(compared({ totalCost: new Decimal("1e10000") }).verdict).toBe("different");
});

test("events with and without keys are named side by side, five at first", () => {
  const events = Array.from({ length: 24 }, (_, at) => ({
    ...call(at >> 1, 1_009 + ((at * 7_919) % 9_973)),
    subject: `cus_${at % 3}`,
    idempotencyKey: at % 2 === 0 ? undefined : `k${at}`,
  })) as CostEvent[];
  const query = { window: "MINUTE" };
  const received = events.filter(({ subject }) => subject !== "cus_0");
  const server = summarizeCost(costOf(), received, { ...JUNE, window: "MINUTE" });
  const { explanations } = compared(server, { query, events });
  const named = [0, 3, 6, 9, 12, 15, 18, 21].map((index) =>
    index % 2 === 0 ? { index } : { index, key: `k${index}` },
  );
  expect(explanations[0]?.events).toMatchObject({ count: 8, first: named.slice(0, 5) });
  expect([...(explanations[0]?.events.all() ?? [])]).toStrictEqual(named);
});

test("events without a time are counted in words", () => {
  const notesOf = (count: number): readonly string[] => {
    const events = Array.from({ length: count }, () => ({ ...call(0, 5), timestamp: undefined }));
    const options = { clock: () => new Date("2026-06-15T12:00:00Z") };
    return compared({ totalCost: 5 * count }, { events: events as CostEvent[], options }).audit
      .notes;
  };
  expect(notesOf(1)).toEqual(["1 event has no timestamp: taken to be of now."]);
  expect(notesOf(2)).toEqual(["2 events have no timestamp: taken to be of now."]);
});

test("a unit cost that the caller names and the answer implies is one cause", () => {
  const query = { window: "MINUTE" };
  const server = summarizeCost(costOf({ unitCost: "3" }), EVENTS, { ...JUNE, window: "MINUTE" });
  const options = { unitCosts: ["3.0", "4"] };
  const { explanations } = compared(server, { query, options });
  expect(explanations.map(({ hypotheses }) => hypotheses)).toEqual([
    [{ id: "other-unit-cost", parameters: { unitCost: "3" } }],
  ]);
});

describe("explanations", () => {
  const ranksOf = ({ explanations }: Reconciliation) =>
    explanations.map(({ rank, exact, cells, hypotheses: [one] }) => [
      rank,
      exact,
      cells.explained,
      one?.parameters?.["unitCost"],
    ]);
  const tolerance = { cost: "0.5" };

  test("that meet every amount come before those within the tolerance", () => {
    const options = { tolerance, unitCosts: ["3.01", "3", "2.99"] };
    const result = compared({ totalCost: 60, totalQuantity: 20 }, { options });
    expect(ranksOf(result)).toEqual([
      [1, true, 1, "3"],
      [2, false, 0, "3.01"],
      [2, false, 0, "2.99"],
    ]);
  });

  test("that meet more amounts come before those that meet fewer", () => {
    const groups = [
      { dimensions: { model: "large" }, quantity: 20, cost: "60.2" },
      { dimensions: { model: "small" }, quantity: 10, cost: "30" },
    ];
    const events = [...EVENTS, call(3, 10, {}, { model: "small" })];
    const options = { tolerance, unitCosts: ["3.02", "3.01", "3"] };
    const query = { groupBy: "model" };
    const result = compared({ totalCost: "90.2", groups }, { query, events, options });
    expect(ranksOf(result)).toEqual([
      [1, false, 1, "3.01"],
      [1, false, 1, "3"],
      [2, false, 0, "3.02"],
      // What the answer implies by itself.
      [2, false, 0, "3.00666666667"],
    ]);
  });
});

test("a creation that is no time is refused, and none is none", () => {
  for (const createdAt of ["June", new Date(Number.NaN)]) {
    const issues = inputIssuesOf(() => compared({ totalCost: 20 }, { cost: { createdAt } }));
    expect(issues[0]?.path).toEqual(["cost", "createdAt"]);
  }
  expect(compared({ totalCost: 20 }, { cost: { createdAt: null } }).verdict).toBe("equal");
});

test("events of one time are settled together", () => {
  // Pairs of events at the same time; the server lacks the last of them, one by one.
  const events = Array.from({ length: 12 }, (_, at) =>
    call(at >> 1, 1_009 + ((at * 7_919) % 9_973)),
  );
  for (const count of [1, 2, 3, 4, 5, 6]) {
    const { totalCost, totalQuantity } = summarizeCost(costOf(), events.slice(0, -count), JUNE);
    const server = { totalCost, totalQuantity } as ServerSummary;
    const found = compared(server, { events }).explanations.filter(
      (one) => idsOf(one) === "not-yet-settled",
    );
    expect(found.map((one) => one.events.count)).toEqual(count % 2 === 0 ? [count] : []);
  }
});

test("an answer's id that is no text is nobody's business", () => {
  const result = compared({ totalCost: null, id: 7n as unknown as string }, { events: [] });
  expect(result.audit.notes.filter((note) => note.includes("id is"))).toEqual([]);
});

test.each([undefined, null, {}, { verdict: "equal" }])("%j cannot be formatted", (result) => {
  expect(inputIssuesOf(() => formatReconciliation(result as never))[0]?.path).toEqual([]);
});

test("a log without events against an answer with several windows is different", () => {
  const row = (minute: number) => ({
    windowStart: `2026-06-15T12:0${minute}:00Z`,
    quantity: 5,
    cost: 5,
  });
  const server = { totalQuantity: 15, totalCost: 15, timeSeries: [0, 1, 2].map(row) };
  const { verdict, explanations } = compared(server, { query: { window: "MINUTE" }, events: [] });
  expect([verdict, explanations]).toEqual(["different", []]);
});
