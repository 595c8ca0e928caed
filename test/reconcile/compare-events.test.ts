import fc from "fast-check";
import {
  type CompareEventsOptions,
  type CostEvent,
  compareEvents,
  Decimal,
  type EventComparison,
  type InvalidEventError,
  readEvents,
  type StoredEvent,
  summarizeCost,
} from "metered-costs/summary";
import { describe, expect, test } from "vitest";
import { runs } from "../runs.ts";
import { costOf, JUNE } from "../summary/events.ts";

const TIME = "2026-06-01T10:00:00Z";
const eventOf = (key: string | null, value: unknown = 1, fields: object = {}): CostEvent => ({
  type: "call",
  source: "gateway",
  subject: "cus_1",
  timestamp: TIME,
  idempotencyKey: key,
  data: { value },
  ...fields,
});
/** As `billableMetrics.listAllEvents` gives it. */
const storedOf = (event: CostEvent, changes: object = {}): StoredEvent => {
  const { timestamp, ...others } = event;
  return {
    id: `ev_${event.idempotencyKey}`,
    object: "meterEvent",
    ...others,
    time: new Date(timestamp as string),
    ...changes,
  } as StoredEvent;
};
const cost = costOf({ unitCost: "0.5" });
const plain = (value: unknown) => JSON.parse(JSON.stringify(value));

describe("events", () => {
  const local = [
    eventOf("a"),
    eventOf("b", 2),
    eventOf("c", 4),
    eventOf(null, 8),
    eventOf("a", 16),
  ];
  const server = [
    storedOf(eventOf("d", 32)),
    storedOf(eventOf("a")),
    storedOf(eventOf("c", 4), { data: { value: 5, extra: [1] } }),
    storedOf(eventOf("d", 64)),
    storedOf(eventOf("a", 128)),
  ];

  test("only here, only there, and stored differently", async () => {
    const comparison = await compareEvents(local, server, { cost });
    expect(plain(comparison)).toEqual({
      read: { local: 5, server: 5 },
      equal: 1,
      onlyLocal: [
        {
          index: 1,
          key: "b",
          source: "gateway",
          type: "call",
          subject: "cus_1",
          timestamp: "2026-06-01T10:00:00.000Z",
          worth: { quantity: "-2", cost: "-1" },
        },
      ],
      onlyServer: [
        {
          index: 0,
          key: "d",
          source: "gateway",
          type: "call",
          subject: "cus_1",
          timestamp: "2026-06-01T10:00:00.000Z",
          worth: { quantity: "32", cost: "16" },
        },
      ],
      different: [
        {
          index: 2,
          serverIndex: 2,
          key: "c",
          source: "gateway",
          type: "call",
          subject: "cus_1",
          timestamp: "2026-06-01T10:00:00.000Z",
          worth: { quantity: "1", cost: "0.5" },
          fields: [
            { path: ["data", "value"], local: 4, server: 5 },
            { path: ["data", "extra"], server: [1] },
          ],
        },
      ],
      withoutKey: { local: { count: 1, first: [{ index: 3 }] }, server: { count: 0, first: [] } },
      repeated: {
        local: { count: 1, first: [{ index: 4, key: "a" }] },
        server: {
          count: 2,
          first: [
            { index: 3, key: "d" },
            { index: 4, key: "a" },
          ],
        },
      },
      worth: { quantity: "31", cost: "15.5" },
    });
  });

  test("from every kind of source alike", async () => {
    const expected = plain(await compareEvents(local, server, { cost }));
    const log = (events: readonly object[]) =>
      events.map((event) => `${JSON.stringify(event)}\n`).join("");
    async function* each<E>(events: readonly E[]) {
      yield* events;
    }
    const pieces = () => [log(local).slice(0, 100), log(local).slice(100)];
    for (const [ours, theirs] of [
      [log(local), log(server)],
      [new Blob([log(local)]), each(server)],
      [pieces(), new Set(server)],
      [readEvents(log(local)), new Response(log(server))],
      [new Blob([log(local)]).stream(), new TextEncoder().encode(log(server))],
    ] as const) {
      const comparison = plain(await compareEvents(ours, theirs, { cost }));
      if (ours instanceof ReadableStream || (typeof ours === "object" && "next" in ours)) {
        // A stream cannot be read twice: what its data was is not known.
        const [different] = comparison.different;
        expect(different.fields).toEqual([{ path: ["data"], server: { value: 5, extra: [1] } }]);
        different.fields = expected.different[0].fields;
      }
      expect(comparison).toEqual(expected);
    }
  });

  test("of two sources with one key are two", async () => {
    const other = eventOf("a", 1, { source: "other" });
    const { onlyLocal, equal } = await compareEvents([eventOf("a"), other], [eventOf("a")]);
    expect([equal, onlyLocal.map(({ source }) => source)]).toEqual([1, ["other"]]);
    const glued = [eventOf(":a", 1, { source: "s" }), eventOf("a", 1, { source: "s:" })];
    expect((await compareEvents(glued, glued.slice(0, 1))).onlyLocal).toHaveLength(1);
  });

  test("of either side have what they were sent with, and nothing else", async () => {
    const bare = (idempotencyKey: string) => ({ type: "call", idempotencyKey, data: {} });
    const { onlyLocal, onlyServer } = await compareEvents([bare("a")], [bare("b")]);
    expect(onlyLocal).toStrictEqual([{ index: 0, key: "a", source: "", type: "call" }]);
    expect(onlyServer).toStrictEqual([{ index: 0, key: "b", source: "", type: "call" }]);
  });

  test("of yours are read a second time only where their data differs", async () => {
    const opened = async (server: readonly StoredEvent[]): Promise<number> => {
      let count = 0;
      const blob = new Blob([JSON.stringify(eventOf("a"))]);
      const stream = () => {
        count++;
        return blob.stream();
      };
      await compareEvents(Object.assign(blob.slice(), { stream }), server);
      return count;
    };
    expect(await opened([])).toBe(1);
    expect(await opened([storedOf(eventOf("a"), { type: "other" })])).toBe(1);
    expect(await opened([storedOf(eventOf("a", 2))])).toBe(2);
  });

  test("nothing on both sides is no difference", async () => {
    expect(plain(await compareEvents([], "", { cost }))).toMatchObject({
      read: { local: 0, server: 0 },
      equal: 0,
      worth: { quantity: "0", cost: "0" },
    });
  });
});

describe("a field", () => {
  const compared = (local: object, server: object) =>
    compareEvents([eventOf("a", 1, local)], [storedOf(eventOf("a"), server)]);

  test.each<[string, object, object, string[]]>([
    ["of another type", {}, { type: "other" }, ["type"]],
    ["of another subject", {}, { subject: "cus_2" }, ["subject"]],
    ["whose subject nobody has matched", {}, { subject: "" }, ["subject"]],
    ["whose subject is lost", {}, { subject: null }, ["subject"]],
    ["whose time is lost", {}, { time: undefined }, ["timestamp"]],
    ["a millisecond later", {}, { time: new Date("2026-06-01T10:00:00.001Z") }, ["timestamp"]],
    [
      "of another external subject",
      { externalSubject: "1" },
      { externalSubject: "2" },
      ["externalSubject"],
    ],
    ["of another text in the data", { data: { m: "a" } }, { data: { m: "b" } }, ["data.m"]],
    ["a number that became text", { data: { m: 1 } }, { data: { m: "1" } }, ["data.m"]],
    ["lost", { data: { m: null } }, { data: {} }, ["data.m"]],
    [
      "deep in the data",
      { data: { a: { b: [1, { c: 2 }] } } },
      { data: { a: { b: [1, { c: 3 }] } } },
      ["data.a.b.1.c"],
    ],
    ["an empty object lost", { data: { m: {}, n: 1 } }, { data: { n: 1 } }, ["data.m"]],
    ["an empty array lost", { data: { m: [], n: 1 } }, { data: { n: 1 } }, ["data.m"]],
    ["an array with one item more", { data: { m: [1] } }, { data: { m: [1, 2] } }, ["data.m"]],
    ["an array of null instead of none", { data: { m: [] } }, { data: { m: [null] } }, ["data.m"]],
    ["the item of an array instead of it", { data: { m: [1] } }, { data: { m: 1 } }, ["data.m"]],
    ["an array instead of an object", { data: { m: [1] } }, { data: { m: { 0: 1 } } }, ["data.m"]],
    ["an empty array instead of an object", { data: { m: [] } }, { data: { m: {} } }, ["data.m"]],
    [
      "several at once",
      { data: { m: 1, n: 2 } },
      { type: "x", data: { m: 2, n: 1 } },
      ["type", "data.m", "data.n"],
    ],
  ])("%s differs", async (_name, local, server, paths) => {
    const { equal, different } = await compared(local, server);
    expect(equal).toBe(0);
    expect(different.flatMap(({ fields }) => fields.map(({ path }) => path.join(".")))).toEqual(
      paths,
    );
  });

  test.each<[string, object, object]>([
    ["an instant written with another offset", {}, { time: "2026-06-01T12:00:00+02:00" }],
    [
      "members in another order",
      { data: { a: 1, b: { c: 2, d: 3 } } },
      { data: { b: { d: 3, c: 2 }, a: 1 } },
    ],
    [
      "a subject that only the server knows",
      { subject: null, externalSubject: "1" },
      { subject: "cus_9" },
    ],
    ["a time that only the server has", { timestamp: undefined }, { time: new Date(5) }],
    ["a time beside a timestamp", {}, { timestamp: TIME, time: new Date(5) }],
    ["a time beside a timestamp that is undefined", {}, { timestamp: undefined }],
    ["an external subject that only the server has", {}, { externalSubject: "1" }],
    ["an external subject that the server has not", { externalSubject: "1" }, {}],
    ["a member that is undefined", { data: { a: 1, b: undefined } }, { data: { a: 1 } }],
    [
      "what toJSON gives",
      { data: { at: new Date(0) } },
      { data: { at: "1970-01-01T00:00:00.000Z" } },
    ],
  ])("%s is the same", async (_name, local, server) => {
    expect(await compared(local, server)).toMatchObject({ equal: 1, different: [] });
  });

  test("that differs has the values of both sides", async () => {
    const fields = async (local: object, server: object) =>
      (await compared(local, server)).different[0]?.fields;
    const local = new Date(TIME);
    expect(await fields({}, { time: undefined })).toStrictEqual([
      { path: ["timestamp"], local, server: undefined },
    ]);
    expect(await fields({}, { time: new Date(5) })).toStrictEqual([
      { path: ["timestamp"], local, server: new Date(5) },
    ]);
    expect(await fields({ data: { m: [1] } }, { data: { m: [1, 2] } })).toStrictEqual([
      { path: ["data", "m"], local: [1], server: [1, 2] },
    ]);
  });

  test("that differs a little is seen in each of many events", async () => {
    const many = (value: (index: number) => object) =>
      Array.from({ length: 3_000 }, (_, index) => eventOf(`k${index}`, 0, { data: value(index) }));
    for (const [local, server] of [
      [(i: number) => ({ a: i, b: i + 1 }), (i: number) => ({ a: i + 1, b: i })],
      [(i: number) => ({ a: i % 10 }), (i: number) => ({ a: (i + 1) % 10 })],
      [(i: number) => ({ a: `Ab${i}` }), (i: number) => ({ a: `aB${i}` })],
      [(i: number) => ({ a: [i] }), (i: number) => ({ a: { 0: i } })],
    ] as const) {
      const { equal, different } = await compareEvents(many(local), many(server));
      expect([equal, different.length]).toEqual([0, 3_000]);
    }
  });

  const cycle: { self?: object } = {};
  cycle.self = cycle;
  const list: unknown[] = [];
  list.push(list);
  const throwing = {
    get a(): never {
      throw new Error("no more");
    },
  };
  test.each<[string, object, RegExp]>([
    ["a bigint", { a: 1n }, /bigint/],
    ["a function", { a: { b: () => 1 } }, /function/],
    ["an object in itself", cycle, /cycle/],
    ["an array in itself", { list }, /cycle/],
    ["a getter that throws", throwing, /no more/],
  ])("that JSON cannot carry makes the event invalid: %s", async (_name, data, message) => {
    const events = [eventOf("a"), eventOf("b", 0, { data })];
    await expect(compareEvents(events, [])).rejects.toMatchObject({
      code: "INVALID_EVENT",
      index: 1,
      key: "b",
      issues: [{ path: ["data"], message: expect.stringMatching(message) }],
    });
  });

  test("whose number is out of bounds makes the event invalid for a cost", async () => {
    const events = [eventOf("a", "1e9999999")];
    expect((await compareEvents(events, events)).equal).toBe(1);
    await expect(compareEvents(events, [], { cost })).rejects.toMatchObject({
      code: "INVALID_EVENT",
      key: "a",
      issues: [{ path: ["data", "value"] }],
    });
    await expect(compareEvents([eventOf(null, "1e9999999")], [], { cost })).rejects.toHaveProperty(
      "key",
      undefined,
    );
  });

  test("of every digit of a long number", async () => {
    const line = (digits: string) => `{"type":"t","idempotencyKey":"k","data":{"v":${digits}}}`;
    const long = "123456789012345678901234567890";
    expect((await compareEvents(line(long), line(`${long}.0`))).equal).toBe(1);
    expect((await compareEvents(line(long), line(`${long}1`))).different).toHaveLength(1);
  });
});

describe("options", () => {
  test("an invalid event is thrown, or handed over with its side", async () => {
    const broken = [eventOf("a"), { type: 5 } as never];
    await expect(compareEvents([], broken)).rejects.toMatchObject({
      code: "INVALID_EVENT",
      index: 1,
    });
    const seen: [string, number][] = [];
    const onInvalidEvent = ({ index }: InvalidEventError, side: string): void =>
      void seen.push([side, index]);
    const line = JSON.stringify(eventOf("a"));
    const { equal } = await compareEvents(`{}\n${line}\n`, broken, { onInvalidEvent });
    expect([equal, seen]).toEqual([
      1,
      [
        ["local", 0],
        ["server", 1],
      ],
    ]);
  });

  test.each<[string, unknown]>([
    ["null", null],
    ["a number", 5],
    ["text", "a"],
  ])("an event that is %s is invalid", async (_name, event) => {
    await expect(compareEvents([], [eventOf("a"), event as never])).rejects.toMatchObject({
      code: "INVALID_EVENT",
      index: 1,
      issues: [{ path: [], message: "expected an object" }],
    });
  });

  test("a line that is no JSON has a position, and its neighbours keep theirs", async () => {
    const log = `{"type":\n${JSON.stringify(eventOf("a"))}\n`;
    const seen: string[] = [];
    const { read, different } = await compareEvents(log, [storedOf(eventOf("a", 2))], {
      onInvalidEvent: ({ index, line }, side) => void seen.push(`${side} ${index} ${line}`),
    });
    expect([read, seen]).toEqual([{ local: 2, server: 1 }, ["local 0 1"]]);
    expect(different).toMatchObject([
      { index: 1, fields: [{ path: ["data", "value"], local: 1, server: 2 }] },
    ]);
  });

  test("progress is told for each side, up to its last event", async () => {
    const many = Array.from({ length: 10_001 }, (_, index) => eventOf(`k${index}`));
    const seen: string[] = [];
    const onProgress = ({ side, events }: { readonly side: string; readonly events: number }) =>
      void seen.push(`${side} ${events}`);
    await compareEvents(many, many.slice(0, 3), { onProgress });
    expect([...new Set(seen)]).toEqual(["local 10000", "local 10001", "server 3"]);
  });

  test("resolveSubject says whose an event is that has an external subject alone", async () => {
    const asked: string[] = [];
    const resolveSubject = (external: string) => {
      asked.push(external);
      return external === "x" ? "cus_1" : undefined;
    };
    const external = (externalSubject: string) => ({ subject: null, externalSubject });
    const local = [
      eventOf("a", 1, external("x")),
      eventOf("b", 1, external("y")),
      eventOf("c", 1, { subject: null }),
      eventOf("d", 1, external("x")),
    ];
    const server = [storedOf(eventOf("d"), { subject: "cus_2" })];
    const { onlyLocal, different } = await compareEvents(local, server, { resolveSubject });
    expect(onlyLocal.map(({ subject }) => subject)).toEqual(["cus_1", undefined, undefined]);
    expect(different[0]?.fields).toEqual([{ path: ["subject"], local: "cus_1", server: "cus_2" }]);
    expect(asked).toEqual(["x", "y", "x"]);
  });

  test("an aborted signal ends it, with its reason", async () => {
    const signal = AbortSignal.abort(new Error("enough"));
    await expect(compareEvents([eventOf("a")], [], { signal })).rejects.toThrow("enough");
  });

  test("an average is worth nothing by itself", async () => {
    const mean = costOf({ aggregation: "AVG" });
    const comparison = await compareEvents([eventOf("a")], [], { cost: mean });
    expect(comparison.worth).toBeUndefined();
    expect(comparison.onlyLocal[0]).not.toHaveProperty("worth");
  });

  test.each<[string, () => Promise<unknown>, RegExp]>([
    [
      "an unknown option",
      () => compareEvents([], [], { coste: 1 } as never),
      /^compareEvents: the events cannot be compared.*coste/s,
    ],
    [
      "options that are none",
      () => compareEvents([], [], 5 as never),
      /expected an object of options/,
    ],
    ["a source that is none", () => compareEvents(5 as never, []), /source/],
    [
      "a cost that is none",
      () => compareEvents([], [], { cost: {} as never }),
      /^The summary cannot be/,
    ],
    [
      "a resolver that gives numbers",
      () =>
        compareEvents([eventOf("a", 1, { subject: null, externalSubject: "x" })], [], {
          resolveSubject: () => 5 as never,
        }),
      /resolveSubject: expected a function that returns text or undefined/,
    ],
  ])("%s is refused", async (_name, run, message) => {
    const refused = { code: "INVALID_INPUT", message: expect.stringMatching(message) };
    await expect(run()).rejects.toMatchObject(refused);
  });
});

describe("the worth of an event", () => {
  const scoped = { ...cost, merchantId: "org_1" };
  const data = { value: 1, model: "a" };
  test.each<[string, string, object, CompareEventsOptions]>([
    ["without a namespace", "1", { namespace: null }, { cost: scoped }],
    ["of the cost's merchant", "1", { namespace: "org_1" }, { cost: scoped }],
    ["of another merchant", "0", { namespace: "org_2" }, { cost: scoped }],
    ["of a merchant, where the cost has none", "1", { namespace: "org_2" }, { cost }],
    ["of another type", "0", { type: "other" }, { cost }],
    ["at the start of the range", "1", { timestamp: JUNE.from }, {}],
    ["before the range", "0", { timestamp: "2026-05-31T23:59:59.999Z" }, {}],
    ["at the end of the range", "0", { timestamp: JUNE.to }, {}],
    [
      "long ago, where no range is asked for",
      "1",
      { timestamp: new Date(0) },
      { query: undefined },
    ],
    ["without a time, received in the range", "1", { timestamp: undefined }, {}],
    ["of a model asked for", "1", { data }, { query: { ...JUNE, filterGroupBy: { model: "a" } } }],
    [
      "of a model not asked for",
      "0",
      { data },
      { query: { ...JUNE, filterGroupBy: { model: "b" } } },
    ],
  ])("%s is %s", async (_name, worth, fields, options) => {
    const event = eventOf("a", 1, fields);
    const clock = () => new Date(TIME);
    const all = { cost, query: JUNE, clock, ...options };
    expect(`${(await compareEvents([], [event], all)).worth?.quantity}`).toBe(worth);
    expect(`${(await compareEvents([event], [event], all)).worth?.quantity}`).toBe("0");
  });

  test("that both have is its quantity where only the server knows whose it is", async () => {
    const local = [eventOf("a", 3, { subject: null, externalSubject: "1" })];
    const server = [storedOf(eventOf("a", 3), { subject: "cus_9" })];
    const comparison = await compareEvents(local, server, {
      cost,
      query: { ...JUNE, subject: "cus_9" },
    });
    expect(plain(comparison)).toMatchObject({ equal: 1, worth: { quantity: "3", cost: "1.5" } });
  });
});

const someEvents = fc.array(
  fc.record({
    key: fc.constantFrom("a", "b", "c", "d", "e", "f"),
    source: fc.constantFrom("s", "t"),
    value: fc.constantFrom(1, 2.5, "7", "0.1", null, "x", 1e20),
    minute: fc.integer({ min: 0, max: 3 }),
    subject: fc.constantFrom("c1", "c2"),
    type: fc.constantFrom("call", "call", "other"),
  }),
  { maxLength: 12 },
);

test("differences are those of a plain Map, and their worth is the difference of the totals", async () => {
  await fc.assert(
    fc.asyncProperty(
      someEvents,
      someEvents,
      fc.constantFrom("SUM", "COUNT"),
      fc.constantFrom(undefined, "c1"),
      async (a, b, aggregation, subject) => {
        const toEvent = ({ key, minute, value, ...fields }: (typeof a)[number]) =>
          eventOf(key, value, { ...fields, timestamp: `2026-06-01T10:0${minute}:00Z` });
        const local = a.map(toEvent);
        const server = b.map(toEvent);
        const counted = { ...cost, aggregation };
        const query = { ...JUNE, subject };
        const comparison: EventComparison = await compareEvents(
          local,
          server.map((event) => storedOf(event)),
          { cost: counted, query },
        );
        const first = (events: readonly CostEvent[]) => {
          const map = new Map<string, string>();
          for (const event of events) {
            const id = JSON.stringify([event.source, event.idempotencyKey]);
            if (!map.has(id)) map.set(id, JSON.stringify(event));
          }
          return map;
        };
        const [ours, theirs] = [first(local), first(server)];
        const idsOf = (events: readonly { key: string; source: string }[]) =>
          events.map(({ key, source }) => JSON.stringify([source, key])).sort();
        expect(idsOf(comparison.onlyLocal)).toEqual(
          [...ours.keys()].filter((id) => !theirs.has(id)).sort(),
        );
        expect(idsOf(comparison.onlyServer)).toEqual(
          [...theirs.keys()].filter((id) => !ours.has(id)).sort(),
        );
        const both = [...ours.keys()].filter((id) => theirs.has(id));
        const changed = both.filter((id) => ours.get(id) !== theirs.get(id));
        expect(idsOf(comparison.different)).toEqual(changed.sort());
        expect(comparison.equal).toBe(both.length - changed.length);
        const total = (events: CostEvent[]) => summarizeCost(counted, events, query).totalCost;
        const difference = total(server)?.minus(total(local) ?? 0);
        expect(`${comparison.worth?.cost}`).toBe(`${difference}`);
        const { onlyLocal, onlyServer, different } = comparison;
        const parts = [...onlyLocal, ...onlyServer, ...different].reduce(
          (sum, { worth }) => sum.plus(worth?.cost ?? 0),
          new Decimal(0),
        );
        expect(`${parts}`).toBe(`${difference}`);
      },
    ),
    { numRuns: runs(200) },
  );
});
