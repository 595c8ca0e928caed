import {
  CostSummarizer,
  type CostSummaryParams,
  type SummaryOptions,
  summarizeCost,
} from "metered-costs/summary";
import { describe, expect, test } from "vitest";
import { costOf, JUNE, summaryOf } from "./events.ts";

/** An object of getters, in the order given, that writes down which of its members are read. */
function watched<Members extends object>(
  members: Members,
  reads: string[],
  way = "",
  prototype: object | null = Object.prototype,
): Members {
  const object = Object.create(prototype);
  for (const [name, value] of Object.entries(members)) {
    Object.defineProperty(object, name, {
      enumerable: true,
      get: () => {
        reads.push(`${way}${name}`);
        return value;
      },
    });
  }
  return object as Members;
}
const fields = {
  type: "call",
  source: "api",
  subject: "cus_1",
  externalSubject: "x1",
  namespace: "org_1",
  idempotencyKey: "k1",
  timestamp: "2026-06-15T12:00:00Z",
};
/** What is read of an event, in this order, and what it counts for. */
function readsOf(event: object, data: object, cost = costOf(), query: object = {}) {
  const reads: string[] = [];
  const summarizer = new CostSummarizer(cost, { ...JUNE, ...query } as CostSummaryParams);
  summarizer.add(watched({ ...event, data: watched(data, reads, "data.") }, reads) as never);
  const { totalQuantity, groups = [] } = summarizer.summary();
  const row = groups.map(({ dimensions }) => Object.values(dimensions).join("/"));
  return { reads, total: totalQuantity?.toString() ?? null, row };
}
const all = [...Object.keys(fields), "data"];

describe("a plain event is read in one walk: each member once, in its own order", () => {
  test("with all of its fields", () => {
    expect(readsOf(fields, { value: 2 })).toEqual({
      reads: [...all, "data.value"],
      total: "2",
      row: [],
    });
  });

  test("without those that it may leave out, or with null in their place", () => {
    const { type, timestamp } = fields;
    expect(readsOf({ timestamp, type }, { value: 2 }).reads).toEqual([
      "timestamp",
      "type",
      "data",
      "data.value",
    ]);
    for (const nothing of [null, undefined]) {
      const nulls = Object.fromEntries(Object.keys(fields).map((name) => [name, nothing]));
      expect(readsOf({ ...nulls, type, timestamp }, { value: 2 })).toMatchObject({
        reads: [...all, "data.value"],
        total: "2",
      });
    }
  });

  test("and of its data only what is used, until there is no more of it", () => {
    const data = { other: 1, region: "eu", model: "large", value: 2, more: 3 };
    expect(readsOf(fields, data, costOf(), { groupBy: ["model", "region"] })).toEqual({
      reads: [...all, "data.region", "data.model", "data.value"],
      total: "2",
      row: ["large/eu"],
    });
    expect(readsOf(fields, data, costOf({ aggregation: "COUNT" })).reads).toEqual(all);
  });

  test("and is left once all that is used was met", () => {
    const met: PropertyKey[] = [];
    const members = { other: 1, model: "m", value: 2, more: 3, still: 4 };
    const data = new Proxy(members, {
      getOwnPropertyDescriptor: (target, name) => {
        met.push(name);
        return Reflect.getOwnPropertyDescriptor(target, name);
      },
    });
    const summarizer = new CostSummarizer(costOf(), { ...JUNE, groupBy: "model" });
    summarizer.add({ ...fields, data });
    expect(summarizer.summary().totalQuantity?.toString()).toBe("2");
    expect(met).toEqual(["other", "model", "value"]);
  });

  test("and of what is nested the same", () => {
    const cost = costOf({ valueProperty: "$.usage.tokens", groupBy: { model: "$.usage.model" } });
    const reads: string[] = [];
    const usage = watched({ a: 1, tokens: 5, model: "m" }, reads, "usage.");
    const all = readsOf(fields, { usage }, cost, { groupBy: "model" });
    expect(all).toMatchObject({ total: "5", row: ["m"] });
    expect(all.reads.filter((name) => name === "data.usage")).toHaveLength(1);
    expect(reads).toEqual(["usage.tokens", "usage.model"]);
  });
});

describe("each member is read once, too, of a plain event", () => {
  const data = { value: 1, model: "m" };
  /** What is read of an event that counts. */
  function readsOfCounted(
    event: object,
    query: object = {},
    options: SummaryOptions = {},
    prototype?: null,
  ): string[] {
    const reads: string[] = [];
    const cost = costOf({ merchantId: "org_1" });
    const summarizer = new CostSummarizer(
      cost,
      { ...JUNE, ...query } as CostSummaryParams,
      options,
    );
    const all = { ...event, data: watched(data, reads, "data.", prototype) };
    summarizer.add(watched(all, reads, "", prototype) as never);
    expect(summarizer.events.used).toBe(1);
    return reads;
  }
  const { externalSubject: _external, subject: _subject, ...withoutSubjects } = fields;
  const { subject: _, ...withoutSubject } = fields;
  const resolveSubject = () => "cus_1";
  const subject = { subject: "cus_1" };

  test.each<[name: string, event: object, query?: object, options?: SummaryOptions]>([
    ["a time with milliseconds", { ...fields, timestamp: "2026-06-15T12:00:00.000Z" }],
    [
      "a time with milliseconds in an odd way",
      { ...fields, timestamp: "2026-06-15t12:00:00.000z" },
    ],
    ["a time as a Date", { ...fields, timestamp: new Date("2026-06-15T12:00:00Z") }],
    ["a subject that is asked for", fields, subject],
    ["a subject that is asked for, and wins over the other", fields, subject, { resolveSubject }],
    ["no subject at all", withoutSubjects, {}, { resolveSubject }],
    ["an external subject alone, where none is resolved", withoutSubject],
  ])("with %s", (_name, event, query, options) => {
    expect(readsOfCounted(event, query, options)).toEqual([
      ...Object.keys(event),
      "data",
      "data.value",
    ]);
  });

  test("with its subject where no merchant is asked for", () => {
    const reads: string[] = [];
    const summarizer = new CostSummarizer(costOf(), { ...JUNE, subject: "cus_1" });
    summarizer.add(watched({ ...fields, data: watched(data, reads, "data.") }, reads) as never);
    expect(reads).toEqual([...all, "data.value"]);
    expect(summarizer.events.used).toBe(1);
  });

  test.each<[name: string, data: Readonly<Record<string, unknown>>, total: string]>([
    ["text", { value: "2.5", model: "m" }, "2.5"],
    ["numbers", { value: 2, model: 7 }, "2"],
    ["booleans", { value: true, model: false }, "0"],
    ["null", { value: null, model: null }, "0"],
    ["undefined", { value: undefined, model: undefined }, "0"],
    ["nothing", { other: 1 }, "0"],
    [
      "much else",
      { ...Object.fromEntries(Array.from({ length: 100 }, (_, at) => [`n${at}`, at])), value: 1 },
      "1",
    ],
  ])("with data of %s", (_name, data, total) => {
    const reads: string[] = [];
    const summarizer = new CostSummarizer(costOf(), { ...JUNE, groupBy: "model" });
    for (let count = 0; count < 3; count++) {
      summarizer.add({
        ...fields,
        idempotencyKey: `k${count}`,
        data: watched(data, reads),
      } as never);
    }
    const names = Object.keys(data).filter((name) => name === "value" || name === "model");
    expect(reads).toEqual([...names, ...names, ...names]);
    expect(summarizer.events.used).toBe(3);
    expect(summarizer.summary().totalQuantity?.toString()).toBe(String(3 * Number(total)));
  });

  test("with what is nested in a prototype of none, or ends before it", () => {
    const cost = costOf({ valueProperty: "$.usage.tokens" });
    for (const [usage, total] of [
      [{ tokens: 5 }, "5"],
      [null, "0"],
      [7, "0"],
      ["tokens", "0"],
    ] as const) {
      const reads: string[] = [];
      const isObject = typeof usage === "object" && usage !== null;
      const inner = isObject ? watched(usage, reads, "usage.", null) : usage;
      const summarizer = new CostSummarizer(cost, JUNE);
      summarizer.add({ ...fields, data: watched({ usage: inner }, reads) } as never);
      expect(reads).toEqual(isObject ? ["usage", "usage.tokens"] : ["usage"]);
      expect(summarizer.summary().totalQuantity?.toString()).toBe(total);
    }
  });

  test("with a prototype of none", () => {
    expect(readsOfCounted(fields, {}, {}, null)).toEqual([...all, "data.value"]);
  });

  test("without a time, once it is known what time it is", () => {
    const { timestamp: _, ...timeless } = fields;
    const clock = () => new Date("2026-06-15T12:00:00Z");
    const summarizer = new CostSummarizer(costOf(), JUNE, { clock });
    summarizer.add({ type: "call", data });
    const reads: string[] = [];
    summarizer.add(watched({ ...timeless, data: watched(data, reads, "data.") }, reads) as never);
    expect(reads).toEqual([...Object.keys(timeless), "data", "data.value"]);
    expect(summarizer.events.used).toBe(2);
  });

  test("wherever it is in an array", () => {
    const reads: string[] = [];
    const events = Array.from({ length: 1_200 }, (_, at) => {
      const time = new Date(Date.UTC(2026, 5, 1) + at * 60_000).toISOString();
      const timestamp = at % 5 === 0 ? time.replace(".000", "") : time;
      const event = { ...fields, timestamp, idempotencyKey: `k${at}` };
      const one = { ...event, data: watched(data, reads, "data.") };
      // What is no literal is read in another way; what comes after it is not.
      return at === 700 ? Object.assign(Object.create({}), event, { data }) : watched(one, reads);
    });
    const query = { ...JUNE, groupBy: ["model"] } as const;
    const summary = summarizeCost(costOf(), events as never, query);
    expect(summary.totalQuantity?.toString()).toBe("1200");
    const names = [...all, "data.value", "data.model"];
    expect(reads).toHaveLength(names.length * (events.length - 1));
    expect(new Set(reads)).toEqual(new Set(names));
  });
});

describe("an array means what its events mean, whatever is among them", () => {
  const first = { type: "call", data: { value: 1 } };
  const hours = Array.from({ length: 20 }, (_, at) => ({
    ...first,
    timestamp: `2026-06-15T${String(at).padStart(2, "0")}:00:00.000Z`,
  }));
  const hoursOf = (events: readonly object[], options: SummaryOptions = {}): string[] =>
    summarizeCost(costOf(), events as never, { ...JUNE, window: "HOUR" }, options).timeSeries?.map(
      ({ windowStart, quantity }) => `${windowStart.toISOString().slice(8, 13)} ${quantity}`,
    ) ?? [];
  /** The same, and the indices of the events that were refused. */
  const refusedOf = (events: readonly unknown[]) => {
    const refused: number[] = [];
    const onInvalidEvent = ({ index }: { index: number }) => refused.push(index);
    return { rows: hoursOf(events as object[], { onInvalidEvent }), refused };
  };
  const usual = hours.map((_, at) => `15T${String(at).padStart(2, "0")} 1`);

  test("a time of its own for each, and for one that comes alone afterwards", () => {
    expect(hoursOf(hours)).toEqual(usual);
    const summarizer = new CostSummarizer(costOf(), { ...JUNE, window: "HOUR" });
    const late = { ...first, timestamp: "2026-06-16T23:00:00.000Z" };
    // Not plain, so that what comes after it begins anew.
    const other = Object.assign(Object.create({}), first, {
      timestamp: "2026-06-16T22:00:00.000Z",
    });
    expect(hoursOf([...hours, other, late])).toEqual([...usual, "16T22 1", "16T23 1"]);
    for (const event of [...hours, late]) summarizer.add(event);
    expect(summarizer.summary().timeSeries).toHaveLength(21);
  });

  test.each([
    ["of another length", "2026-06-15T23:00:00Z", "15T23 1"],
    ["with an offset", "2026-06-16T01:00:00.00+02:00", "15T23 1"],
    ["in small letters", "2026-06-15t23:00:00.000z", "15T23 1"],
    ["as a Date", new Date("2026-06-15T23:00:00Z"), "15T23 1"],
  ])("a time %s among others", (_name, timestamp, row) => {
    for (const place of [0, 5, 20]) {
      const events = [...hours.slice(0, place), { ...first, timestamp }, ...hours.slice(place)];
      expect(hoursOf(events)).toEqual([...usual, row]);
    }
  });

  test.each([
    "2026-06-15T12:00:00.00é0Z",
    "2026-06-15T12:00:00.0000",
    "2026-13-15T12:00:00.000Z",
    "\u00e9026-06-15T12:00:00.000Z",
    "2026\ud80006-15T12:00:00.000Z",
    "2026-06-15T\u00e92:00:00.000Z",
    "2026-06-15T12:00:00.00\uffffZ",
    "2026-06-15T12:00:00.000\u0149",
  ])("a time that is none among others: %j", (timestamp) => {
    for (const place of [0, 5, 20]) {
      const events = [...hours.slice(0, place), { ...first, timestamp }, ...hours.slice(place)];
      expect(refusedOf(events)).toEqual({ rows: usual, refused: [place] });
    }
  });

  test("times that would be two only together", () => {
    const halves = ["2026-06-15T12:00:00.000Z2026", "-06-15T12:00:00.000Z"];
    const wrong = halves.map((timestamp) => ({ ...first, timestamp }));
    const rows = usual.map((row) => row.replace(" 1", " 2"));
    expect(refusedOf([...hours, ...wrong, ...hours])).toEqual({ rows, refused: [20, 21] });
  });

  test("what is no event at all, which is named by its place", () => {
    for (const wrong of [null, undefined, 5, "event", () => {}, [], { ...first, data: null }]) {
      const events = [...hours.slice(0, 9), wrong, ...hours.slice(9)];
      expect(refusedOf(events)).toEqual({ rows: usual, refused: [9] });
    }
  });

  test("a function, which is no object of members, whatever its prototype", () => {
    const [one] = hours as [object];
    for (const prototype of [null, Object.prototype]) {
      const functionOf = (members: object): object =>
        Object.assign(
          Object.setPrototypeOf(() => {}, prototype),
          members,
        );
      const cost = costOf({ valueProperty: "$.usage.tokens" });
      for (const wrong of [
        functionOf(one),
        { ...one, data: functionOf({ usage: { tokens: 1 } }) },
        { ...one, data: { usage: functionOf({ tokens: 1 }) } },
        { ...one, data: { usage: { tokens: functionOf({}) } } },
      ]) {
        const summarizer = new CostSummarizer(cost, JUNE);
        expect(() => summarizer.add(wrong as never)).toThrow("JSON");
        expect(summarizer.events).toEqual({
          read: 1,
          used: 0,
          invalid: 0,
          withoutValue: 0,
          withoutTime: 0,
        });
      }
    }
  });

  test("a key that is repeated, wherever it stands in its event", () => {
    const { timestamp } = fields;
    const rows = hours.map((hour) => ({ idempotencyKey: "k", ...hour, timestamp }));
    expect(hoursOf(rows)).toEqual(["15T12 1"]);
    const namespaces = rows.map((row, at) => ({ ...row, namespace: `n${at % 3}` }));
    expect(hoursOf(namespaces)).toEqual(["15T12 3"]);
    const sources = rows.map((row, at) => ({ ...row, source: `s${at % 4}` }));
    expect(hoursOf(sources)).toEqual(["15T12 4"]);
  });

  test("an event with its own toJSON, or with members of its prototype", () => {
    const [one] = hours as [object];
    const replaced = { ...one, toJSON: () => ({ ...one, data: { value: 7 } }) };
    expect(hoursOf([replaced, replaced])).toEqual(["15T00 14"]);
    const heir = Object.assign(Object.create({ idempotencyKey: "k", subject: "x" }), one);
    expect(hoursOf([heir, heir])).toEqual(["15T00 2"]);
    const { data: _, ...dataless } = one as { data: object };
    const dataHeir = { ...dataless, data: Object.assign(Object.create({ value: 7 }), {}) };
    expect(hoursOf([{ ...dataless, data: { value: 1 } }, dataHeir])).toEqual(["15T00 1"]);
  });
});

describe("what is out of the ordinary means the same, in whatever way it is read", () => {
  const { type, timestamp } = fields;
  test.each<[name: string, data: object, total: string, model: string]>([
    ["text as the value", { value: "2.5", model: "m" }, "2.5", "m"],
    ["a number as a dimension", { value: 2, model: 7 }, "2", "7"],
    ["null as a dimension", { value: 2, model: null }, "2", "null"],
    ["a missing dimension", { value: 2 }, "2", ""],
    ["an object as a dimension", { value: 2, model: { a: 1 } }, "2", ""],
    ["a prototype of none", Object.assign(Object.create(null), { value: 2, model: "m" }), "2", "m"],
  ])("%s", (_name, data, total, model) => {
    const summarizer = new CostSummarizer(costOf(), { ...JUNE, groupBy: "model" });
    summarizer.add({ type, timestamp, data } as never);
    const { totalQuantity, groups } = summarizer.summary();
    expect(`${totalQuantity}`).toBe(total);
    expect(groups?.map(({ dimensions }) => dimensions["model"])).toEqual([model]);
  });

  test("members that some events of an array lack, and others have", () => {
    const datas = [
      { value: 1, model: "m" },
      { model: "m" },
      { value: 2 },
      {},
      { value: 4, model: null },
      { other: 1, value: 8, model: "n" },
      { value: "2.5", model: "m" },
    ];
    const events = Array.from({ length: 700 }, (_, at) => ({
      type,
      timestamp,
      data: datas[at % 7],
    }));
    const rowsOf = (definition: Readonly<Record<string, unknown>>): unknown[] => {
      const query = { groupBy: "model" };
      const { totalQuantity, groups = [] } = summaryOf(costOf(definition), events as never, query);
      const rows = groups.map(({ dimensions, quantity }) => `${dimensions["model"]} ${quantity}`);
      return [totalQuantity, ...rows];
    };
    expect(rowsOf({})).toEqual(["1750", " 200", "m 350", "n 800", "null 400"]);
    expect(rowsOf({ aggregation: "MAX" })).toEqual(["8", " 2", "m 2.5", "n 8", "null 4"]);
    const models = { aggregation: "UNIQUE_COUNT", valueProperty: "$.model" };
    expect(rowsOf(models)).toEqual(["2", " 0", "m 1", "n 1", "null 0"]);
    expect(rowsOf({ aggregation: "COUNT" })).toEqual(["700", " 200", "m 300", "n 100", "null 100"]);
  });

  test("one dimension on the way to another, and the value on the way to a dimension", () => {
    const cost = costOf({ valueProperty: "$.a", groupBy: { model: "$.a.b", region: "$.c" } });
    const query = { ...JUNE, groupBy: ["model", "region"] };
    const rowOf = (data: object): string => {
      const summarizer = new CostSummarizer(cost, query);
      summarizer.add({ type, timestamp, data } as never);
      const { totalQuantity, groups = [] } = summarizer.summary();
      return `${totalQuantity} ${groups.map(({ dimensions }) => Object.values(dimensions).join("/"))}`;
    };
    expect(rowOf({ a: 2, c: "x" })).toBe("2 /x");
    expect(rowOf({ a: "2", c: "x" })).toBe("2 /x");
    expect(rowOf({ a: { b: "m" }, c: "x" })).toBe("0 ");
  });
});

test("times stay with their events where one without a time precedes one for the reference", () => {
  const event = (minute: number | undefined, who: object) => ({
    type: "call",
    ...(minute !== undefined && { timestamp: new Date(minute * 60_000).toISOString() }),
    ...who,
    data: {},
  });
  const plain = Array.from({ length: 8 }, (_, at) => event(at + 10, { subject: "a" }));
  const { timeSeries } = summarizeCost(
    { unitCost: 1, aggregation: "COUNT", eventType: "call" },
    [event(undefined, { subject: "a" }), ...plain, event(30, { externalSubject: "x" })],
    { from: new Date(0), to: new Date(3_600_000), subject: "a", window: "MINUTE" },
    { clock: () => new Date(0), resolveSubject: () => "a" },
  );
  const minutes = timeSeries?.map(({ windowStart }) => windowStart.getTime() / 60_000);
  expect(minutes).toEqual([0, 10, 11, 12, 13, 14, 15, 16, 17, 30]);
});
