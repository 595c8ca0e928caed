import {
  type CostEvent,
  type CostSummary,
  type CostSummaryParams,
  Decimal,
  type InvestigateParams,
  type Investigation,
  investigate,
  summarizeCost,
} from "metered-costs/summary";
import { describe, expect, test } from "vitest";
import { costOf } from "../summary/events.ts";

const DAY = 86_400_000;
const START = Date.UTC(2026, 5, 1);
const cost = { ...costOf({ groupBy: { model: "$.model" } }), id: "cst_1" };

interface Event extends CostEvent {
  readonly timestamp: Date;
  readonly data: { readonly value: number; readonly model: string };
}

/** 300 events, equally far from each other. */
const logOf = (days: number): Event[] =>
  Array.from({ length: 300 }, (_, index) => ({
    type: "call",
    subject: `cus_${index % 4}`,
    idempotencyKey: `k${index}`,
    timestamp: new Date(START + (index * days * DAY) / 300),
    data: { value: 1000 + ((index * 7919) % 997), model: index % 3 === 0 ? "a" : "b" },
  }));

/** The events with more in the values of some, by index: no cause that is known. */
const raised = (log: readonly Event[], by: Readonly<Record<number, number>>): Event[] =>
  log.map((event, index) => {
    const { value, ...data } = event.data;
    return { ...event, data: { ...data, value: value + (by[index] ?? 0) } };
  });

interface Asked extends Omit<Partial<InvestigateParams>, "query"> {
  readonly days?: number;
  readonly query?: Partial<CostSummaryParams>;
  /** What becomes of an answer. */
  readonly answer?: (summary: CostSummary, asked: CostSummaryParams) => CostSummary;
}

function investigated(
  events: Iterable<CostEvent>,
  received: readonly CostEvent[],
  { days = 30, query, answer = (summary) => summary, ...options }: Asked = {},
): Promise<Investigation> {
  const paygentic = {
    costs: {
      summary: async (_id: string, asked: CostSummaryParams) =>
        answer(summarizeCost(options.cost ?? cost, received, asked), asked),
    },
  };
  const range = { from: new Date(START), to: new Date(START + days * DAY) };
  return investigate({ paygentic, cost, events, query: { ...range, ...query }, ...options });
}

/** Each question after the first: its windows, its range, and why. */
const questionsOf = ({ steps }: Investigation): string[] =>
  steps.slice(1).map(({ query: { from, to, window }, reason }) => {
    const [start, end] = [from, to].map((time) => new Date(time).toISOString().slice(5, 16));
    return `${window} ${start} to ${end}: ${reason}`;
  });
const indexesOf = ({ events }: Investigation): number[] => events.map(({ index }) => index);

describe("the first question", () => {
  test.each([
    [1 / 24, "MINUTE"],
    [1, "MINUTE"],
    [1 + 1 / DAY, "HOUR"],
    [60, "HOUR"],
    [60 + 1 / DAY, "DAY"],
  ])("about %d days has windows that fit: %s", async (days, window) => {
    const { steps } = await investigated([], [], { days });
    expect(steps).toMatchObject([
      { query: { groupBy: ["model"], window }, reason: "Where and when the two differ." },
    ]);
  });

  test("is of no groups where the cost declares no dimensions", async () => {
    const plain = { ...costOf({ groupBy: undefined }), id: "cst_1" };
    const log = logOf(1);
    const found = await investigated(log, raised(log, { 50: 777.7 }), { days: 1, cost: plain });
    expect(found.steps.map(({ query }) => query.groupBy)).toEqual([undefined, undefined]);
    expect(indexesOf(found)).toEqual([50]);
  });
});

describe("further questions", () => {
  test("are not asked where the amounts are in another currency", async () => {
    const log = logOf(30);
    const found = await investigated(log, raised(log, { 50: 777.7 }), {
      cost: { ...cost, currency: "USD" },
      answer: (summary) => ({ ...summary, currency: "EUR" }),
    });
    expect([found.verdict, found.steps.length, found.events]).toEqual(["different", 1, []]);
    expect(found.reconciliation.findings).toMatchObject([{ kind: "currency" }]);
  });

  test("are of finer windows, then of subjects, and each answer leaves fewer events", async () => {
    const log = logOf(90);
    const received = raised(log, { 50: 777.7, 150: 1234.3, 151: 55.1 });
    const found = await investigated(log, received, { days: 90 });
    expect(questionsOf(found)).toEqual([
      "HOUR 06-16T00:00 to 06-17T00:00: When the two differ, by HOUR.",
      "HOUR 07-16T00:00 to 07-17T00:00: When the two differ, by HOUR.",
      "MINUTE 06-16T00:00 to 06-16T01:00: When the two differ, by MINUTE.",
      "MINUTE 07-16T00:00 to 07-16T01:00: When the two differ, by MINUTE.",
      "MINUTE 07-16T07:00 to 07-16T08:00: When the two differ, by MINUTE.",
      'MINUTE 06-16T00:00 to 06-16T01:00: Whether the events of "cus_2" differ.',
      'MINUTE 07-16T00:00 to 07-16T01:00: Whether the events of "cus_2" differ.',
      'MINUTE 07-16T07:00 to 07-16T08:00: Whether the events of "cus_3" differ.',
    ]);
    expect([found.verdict, indexesOf(found)]).toEqual(["different", [50, 150, 151]]);
    const left = [1, 2, 3].map(async (maxRequests) =>
      indexesOf(await investigated(log, received, { days: 90, maxRequests })),
    );
    expect(await Promise.all(left)).toEqual([
      [50, 51, 52, 53, 150, 151, 152, 153],
      [50, 150, 151, 152, 153],
      [50, 150, 151],
    ]);
  });

  test("are of four stretches at most: the nearest are one, and windows that follow each other", async () => {
    const log = logOf(30);
    const by = { 10: 777.7, 12: 11.1, 100: 33.3, 101: 72.3, 200: 55.5, 290: 77.1 };
    const found = await investigated(log, raised(log, by));
    expect(questionsOf(found).slice(0, 4)).toEqual([
      "MINUTE 06-02T00:00 to 06-02T05:00: When the two differ, by MINUTE.",
      "MINUTE 06-11T00:00 to 06-11T03:00: When the two differ, by MINUTE.",
      "MINUTE 06-21T00:00 to 06-21T01:00: When the two differ, by MINUTE.",
      "MINUTE 06-30T00:00 to 06-30T01:00: When the two differ, by MINUTE.",
    ]);
    expect(indexesOf(found)).toEqual(Object.keys(by).map(Number));
    const near = await investigated(logOf(10), raised(logOf(10), { 10: 777.7, 11: 11.1, 12: 5.5 }));
    expect(questionsOf(near)[0]).toMatch(/^MINUTE 06-01T08:00 to 06-01T10:00/);
  });

  test("stay within the range that was asked about", async () => {
    const log = logOf(30);
    const from = new Date(START + DAY + 60_000);
    const to = new Date(START + 29 * DAY + 60_000);
    const found = await investigated(log, raised(log, { 11: 5.5, 10: 7.7, 290: 3.3 }), {
      query: { from, to },
    });
    expect(indexesOf(found)).toEqual([11, 290]);
    const ends = await investigated(log, raised(log, { 11: 5.5, 290: 3.3 }), {
      query: { from: log[11]?.timestamp as Date, to: new Date(START + 29 * DAY + 1) },
    });
    expect(questionsOf(ends).slice(0, 2)).toEqual([
      "MINUTE 06-02T02:24 to 06-02T03:00: When the two differ, by MINUTE.",
      "MINUTE 06-30T00:00 to 06-30T00:00: When the two differ, by MINUTE.",
    ]);
  });

  test("are of each group, where several differ in several windows", async () => {
    const log = logOf(1);
    const received = raised(log, { 50: 777.7, 150: 1234.3, 151: 55.1 });
    const found = await investigated(log, received, { days: 1 });
    expect(
      found.steps.map(({ query: { filterGroupBy, subject } }) => [filterGroupBy, subject]),
    ).toEqual([
      [undefined, undefined],
      [{ model: "a" }, undefined],
      [{ model: "b" }, undefined],
      [{ model: "a" }, "cus_2"],
      [{ model: "b" }, "cus_2"],
      [{ model: "b" }, "cus_3"],
    ]);
    expect(questionsOf(found)[0]).toBe(
      "MINUTE 06-01T00:00 to 06-02T00:00: When the group a differs.",
    );
    expect(indexesOf(found)).toEqual([50, 150, 151]);
    const left = [1, 2, 3].map(async (maxRequests) =>
      indexesOf(await investigated(log, received, { days: 1, maxRequests })),
    );
    expect(await Promise.all(left)).toEqual([
      [50, 150, 151],
      [50, 150, 151],
      [50, 150, 151],
    ]);
  });

  const groupQuestions = ({ steps }: Investigation): number =>
    steps.filter(({ reason }) => reason.startsWith("When the group")).length;
  const modelled = (count: number) =>
    logOf(1).map((event, index) => {
      const data = { ...event.data, model: `m${index % count}` };
      return { ...event, data };
    });
  const all = { 10: 7.7, 11: 1.1, 12: 3.3, 13: 2.3, 14: 5.5, 15: 9.1, 16: 6.1 };
  test.each<[string, readonly Event[], Readonly<Record<number, number>>, Asked, number]>([
    ["six groups", modelled(6), all, {}, 6],
    ["seven groups", modelled(7), all, {}, 0],
    ["one group", modelled(1), all, {}, 0],
    ["one window", modelled(2).map((one) => ({ ...one, timestamp: new Date(START) })), all, {}, 0],
    [
      "groups under a filter",
      modelled(3),
      all,
      { query: { filterGroupBy: { model: ["m0", "m1"] } } },
      0,
    ],
  ])("about %s", async (_name, log, by, asked, count) => {
    expect(groupQuestions(await investigated(log, raised(log, by), { days: 1, ...asked }))).toBe(
      count,
    );
  });

  test("name a group by the values of all dimensions", async () => {
    const both = { ...costOf(), id: "cst_1" };
    const log = modelled(2).map((event, index) => {
      const data = { ...event.data, region: index % 3 === 0 ? "eu" : "us" };
      return { ...event, data };
    });
    const found = await investigated(log, raised(log, { 12: 7.7, 13: 5.5 }), {
      days: 1,
      cost: both,
    });
    expect(found.steps.slice(1, 3).map(({ reason }) => reason)).toEqual([
      "When the group m0, eu differs.",
      "When the group m1, us differs.",
    ]);
  });

  test("leave of a group that is not asked about its events in all windows that differ", async () => {
    const log = logOf(1).map((event, index) => ({
      ...event,
      timestamp: new Date(START + (index >> 1) * 60_000),
      data: { ...event.data, model: index % 2 === 0 ? "a" : "b" },
    }));
    const received = raised(log, { 20: 7.7, 31: 5.5 });
    const left = [1, 2, 3, 4].map(async (maxRequests) =>
      indexesOf(await investigated(log, received, { days: 1, maxRequests })),
    );
    expect(await Promise.all(left)).toEqual([
      [20, 21, 30, 31],
      [20, 21, 31],
      [20, 31],
      [20, 31],
    ]);
  });

  test("are of the part whose causes could be by chance, too", async () => {
    const log = logOf(30);
    const received = log.flatMap((event, index): CostEvent[] => {
      if (index === 20 || index === 21) return [];
      return index === 150 ? [event, { ...event, idempotencyKey: "again" }] : [event];
    });
    const found = await investigated(log, received);
    expect(found.steps.map(({ verdict, query }) => [verdict, query.subject])).toEqual([
      ["different", undefined],
      ["explained", undefined],
      ["explained", undefined],
      ["coincidence", undefined],
      ["coincidence", "cus_2"],
    ]);
    expect([found.verdict, found.reconciliation.verdict, indexesOf(found)]).toEqual([
      "different",
      "different",
      [20, 21, 150],
    ]);
  });

  test("are of windows that one side alone has, and of those in which one amount differs", async () => {
    const log = logOf(30);
    const other = (index: number): CostEvent => ({
      ...(log[index] as Event),
      timestamp: new Date(Number(log[index]?.timestamp) + 2 * 3_600_000),
      idempotencyKey: "other",
      data: { value: 33.3, model: "a" },
    });
    const received = [...raised(log, { 50: 777.7 }), other(150)].filter(
      (_, index) => index !== 100,
    );
    const hours = (found: Investigation) =>
      questionsOf(found).flatMap(
        (question) => /^MINUTE (\S+)00 to .*by MINUTE/.exec(question)?.[1] ?? [],
      );
    expect(hours(await investigated(log, received))).toEqual([
      "06-06T00:",
      "06-11T00:",
      "06-16T02:",
    ]);
    for (const amount of ["quantity", "cost"] as const) {
      const answer = (summary: CostSummary): CostSummary => ({
        ...summary,
        timeSeries: summary.timeSeries?.map((row) =>
          Number(row.windowStart) === Number(log[50]?.timestamp)
            ? { ...row, [amount]: row[amount].plus("7.77") }
            : row,
        ),
      });
      expect(hours(await investigated(log, log, { answer }))).toEqual(["06-06T00:"]);
    }
  });

  test("leave all events where only the total differs", async () => {
    const log = logOf(1).slice(0, 8);
    const answer = (summary: CostSummary): CostSummary => ({
      ...summary,
      totalQuantity: summary.totalQuantity?.plus("7.77") ?? null,
    });
    const found = await investigated(log, log, { answer });
    expect([found.verdict, indexesOf(found)]).toEqual(["different", [0, 1, 2, 3, 4, 5, 6, 7]]);
    expect(questionsOf(found)).toHaveLength(4);
  });

  const minute = (subjects: readonly (string | undefined)[]): Event[] =>
    logOf(1)
      .slice(0, subjects.length)
      .map((event, index) => ({
        ...event,
        timestamp: new Date(START + index),
        subject: subjects[index],
        data: { ...event.data, model: "a" },
      }));

  test("are of the subjects with the most events first", async () => {
    const log = minute(["x", "y", "z", "y", "z", "z"]);
    const found = await investigated(log, raised(log, { 1: 7.7 }), { days: 1 });
    expect(found.steps.map(({ query }) => query.subject)).toEqual([undefined, "z", "y", "x"]);
    expect(indexesOf(found)).toEqual([1, 3]);
    const left = await investigated(log, raised(log, { 1: 7.7 }), { days: 1, maxRequests: 2 });
    expect(indexesOf(left)).toEqual([0, 1, 3]);
  });

  test("are first of the subject that a finding names", async () => {
    const log = Array.from({ length: 300 }, (_, index) => ({
      ...(logOf(1)[index] as Event),
      timestamp: new Date(START + Math.floor(index / 3) * 60_000),
      subject: index % 3 === 0 ? `cus_${(index / 3) % 20}` : "big",
      data: { value: 1000 + ((index * 7919) % 997), model: "a" },
    }));
    const received = raised(log, { 31: 7.7, 62: 5.5 }).filter(({ subject }) => subject !== "cus_3");
    const { steps } = await investigated(log, received, { days: 1 });
    expect(steps.slice(0, 3).map(({ query }) => query.subject)).toEqual([
      undefined,
      "cus_3",
      "big",
    ]);
  });

  test("that may not be put leave the events without a subject, too", async () => {
    const log = minute(["x", undefined, "y"]);
    const left = [1, 2, 3].map(async (maxRequests) =>
      indexesOf(await investigated(log, raised(log, { 2: 7.7 }), { days: 1, maxRequests })),
    );
    expect(await Promise.all(left)).toEqual([[0, 1, 2], [1, 2], [2]]);
  });

  test("leave the events without a subject where subjects do not account for the cost", async () => {
    const log = minute(["x", undefined, "y"]);
    const answer = (summary: CostSummary, { subject }: CostSummaryParams): CostSummary => ({
      ...summary,
      timeSeries: summary.timeSeries?.map((row) => ({
        ...row,
        cost: row.cost.plus(subject === undefined ? "2.5" : subject === "x" ? "1.5" : 0),
      })),
    });
    expect(indexesOf(await investigated(log, log, { days: 1, answer }))).toEqual([0, 1]);
  });

  test("are of no subjects where one is asked about", async () => {
    const log = minute(["x", "y", "x"]);
    const query = { subject: "x" };
    const found = await investigated(log, raised(log, { 0: 7.7, 1: 5.5 }), { days: 1, query });
    expect([found.steps.length, indexesOf(found)]).toEqual([1, [0, 2]]);
  });

  test.each(["SUM", "MAX"])(
    "leave the events without a subject where no subject accounts for a difference of a %s",
    async (aggregation) => {
      const other = { ...cost, aggregation, id: "cst_1" } as typeof cost;
      const ask = async (subjects: readonly (string | undefined)[], by: Record<number, number>) => {
        const log = minute(subjects);
        return indexesOf(await investigated(log, raised(log, by), { days: 1, cost: other }));
      };
      expect(await ask(["x", undefined, "y", undefined], { 1: 5_000.5 })).toEqual([0, 1, 2, 3]);
      expect(await ask(["x", undefined, "x", undefined], { 0: 9_000.7 })).toEqual([0, 2]);
      if (aggregation === "MAX") return;
      expect(await ask(["x", undefined, "y", undefined], { 0: 7.7, 1: 5.5 })).toEqual([0, 1, 3]);
      expect(await ask(["x", undefined, "x"], { 0: 7.7, 2: -7.7, 1: 5.5 })).toEqual([0, 1, 2]);
    },
  );

  test("do not call that explained which only a subject of the server accounts for", async () => {
    const log = logOf(30);
    const other = { ...(log[50] as Event), subject: "other", idempotencyKey: "o" };
    const received = raised(
      log.filter((_, index) => index !== 52),
      {},
    ).concat(raised([other], { 0: 5.5 }));
    const { verdict } = await investigated(log, received);
    expect(verdict).toBe("different");
  });

  test("leave out what adding up in doubles can lose", async () => {
    const log = logOf(30);
    const answer = (summary: CostSummary): CostSummary => ({
      ...summary,
      timeSeries: summary.timeSeries?.map((row) => ({
        ...row,
        quantity: row.quantity.times("1.000000000005"),
      })),
      groups: summary.groups?.map((row) => ({
        ...row,
        quantity: row.quantity.times("1.000000000005"),
      })),
    });
    // In the same hour: index 51 is of the group that differs, too, index 52 is not.
    const near = log.map((event, index) => {
      const isNear = index === 51 || index === 52;
      const timestamp = isNear ? (log[50] as Event).timestamp : event.timestamp;
      return { ...event, timestamp, data: { ...event.data, model: index === 52 ? "a" : "b" } };
    });
    const found = await investigated(near, raised(near, { 50: 777.7 }), { answer, maxRequests: 2 });
    expect(questionsOf(found)[0]).toMatch(/^MINUTE 06-06T00:00 to 06-06T01:00/);
    expect(indexesOf(found)).toEqual([50, 51]);
  });
});

describe("an investigation ends", () => {
  const log = logOf(90)
    .flatMap((_, index, all) => Array.from({ length: 5 }, () => all[index] as Event))
    .map((event, index) => ({
      ...event,
      subject: `cus_${index % 5}`,
      idempotencyKey: `k${index}`,
      data: { value: 1000 + ((index * 7919) % 997), model: "a" },
    }));
  const day = ({ timestamp }: Event): number => Math.floor((Number(timestamp) - START) / DAY);
  const without = (isLost: (event: Event) => boolean) => ({
    received: log.filter((event) => !isLost(event)),
    lost: log.flatMap((event, index) => (isLost(event) ? [index] : [])),
  });

  test("with the first answer where that is equal", async () => {
    const found = await investigated(log, log, { days: 90 });
    expect(found).toMatchObject({ verdict: "equal", causes: [], events: [] });
    expect(found.reconciliation.verdict).toBe("equal");
    expect(found.steps).toHaveLength(1);
  });

  test.each<[string, (event: Event) => boolean, string, string[], number]>([
    [
      "with the first answer where that is explained",
      ({ subject }) => subject === "cus_3",
      "explained",
      ["cus_3"],
      1,
    ],
    [
      "with the narrowest comparison where one cause is behind all parts",
      (event) => event.subject === "cus_3" && [5, 6, 7, 20, 21, 22].includes(day(event)),
      "explained",
      ["cus_3"],
      3,
    ],
    [
      "with the first comparison where several causes are",
      (event) =>
        (event.subject === "cus_3" && [5, 6, 7].includes(day(event))) ||
        (event.subject === "cus_1" && [20, 21, 22].includes(day(event))),
      "different",
      ["cus_3", "cus_1"],
      3,
    ],
  ])("%s", async (_name, isLost, verdict, subjects, questions) => {
    const { received, lost } = without(isLost);
    const found = await investigated(log, received, { days: 90 });
    expect([found.verdict, found.reconciliation.verdict]).toEqual(["explained", verdict]);
    expect(found.causes.map(({ hypotheses: [one] }) => one?.parameters?.["subject"])).toEqual(
      subjects,
    );
    expect(indexesOf(found)).toEqual(lost);
    expect(found.steps).toHaveLength(questions);
  });
});

describe("what investigate is given", () => {
  const log = logOf(30);
  const received = raised(log, { 50: 777.7, 51: 5.5 });

  test("an invalid event is told once", async () => {
    const seen: number[] = [];
    const onInvalidEvent = ({ index }: { readonly index: number }) => void seen.push(index);
    const broken = [...log, { type: "call", subject: 5 } as never];
    const { steps } = await investigated(broken, received, { onInvalidEvent });
    expect([steps.length > 1, seen]).toEqual([true, [300]]);
    expect((await investigated(broken, received)).steps).toHaveLength(steps.length);
  });

  test("events of an iterable that can be read once are read once", async () => {
    function* each() {
      yield* log;
    }
    expect(indexesOf(await investigated(each(), received))).toEqual([50, 51]);
  });

  test("repeated keys and external subjects are as in a summary", async () => {
    const twice = log.map((event, index) => ({
      ...event,
      subject: null,
      externalSubject: event.subject,
      idempotencyKey: `k${index % 299}`,
    })) as Event[];
    const kept = twice.map(({ idempotencyKey: _, externalSubject, ...event }) => {
      return { ...event, subject: externalSubject };
    }) as Event[];
    const { steps, events } = await investigated(twice, raised(kept, { 299: 5.5, 50: 7.7 }), {
      deduplicate: false,
      resolveSubject: (external) => external,
    });
    expect(events).toEqual([
      { index: 50, key: "k50" },
      { index: 299, key: "k0" },
    ]);
    expect(steps.map(({ query }) => query.subject)).toContain("cus_3");
  });

  test("of repeated keys the first alone is among the events that are left", async () => {
    const twice = log.map((event, index) => {
      const { timestamp, idempotencyKey } = log[index === 52 ? 50 : index] as Event;
      return { ...event, timestamp, idempotencyKey };
    });
    const left = async (deduplicate?: boolean) => {
      const counted =
        deduplicate === false ? twice.map(({ idempotencyKey: _, ...one }) => one) : twice;
      const options = { maxRequests: 1, ...(deduplicate !== undefined && { deduplicate }) };
      return indexesOf(await investigated(twice, raised(counted, { 50: 7.7 }), options));
    };
    expect([await left(), await left(true), await left(false)]).toEqual([[50], [50], [50, 52]]);
  });

  test("onProgress is called with each step and the number of questions so far", async () => {
    const seen: unknown[] = [];
    const { steps } = await investigated(log, received, {
      onProgress: (progress) => void seen.push(progress),
    });
    expect(seen).toEqual(steps.map((step, at) => ({ ...step, requests: at + 1 })));
  });

  test("another unit cost since an instant is a cause, where a history says so", async () => {
    const unitCostHistory = [{ from: new Date(START + 10 * DAY), unitCost: "3" }];
    const { verdict, causes } = await investigated(log, log, {
      cost: { ...costOf({ groupBy: undefined }), id: "cst_1" },
      unitCostHistory,
      answer: (summary) => {
        const timeSeries = summary.timeSeries?.map((row) => ({
          ...row,
          cost: Number(row.windowStart) < START + 10 * DAY ? row.cost : row.cost.times(3),
        }));
        const totalCost = Decimal.sum(...(timeSeries ?? []).map((row) => row.cost));
        return { ...summary, timeSeries, totalCost };
      },
    });
    expect([verdict, causes.map(({ hypotheses }) => hypotheses)]).toMatchObject([
      "explained",
      [[{ id: "unit-cost-changed" }]],
    ]);
  });

  test("its signal is passed on, and ends it when an answer is late", async () => {
    const controller = new AbortController();
    const seen: unknown[] = [];
    const paygentic = {
      costs: {
        summary: async (_id: string, asked: CostSummaryParams, options: object) => {
          seen.push(options);
          controller.abort(new Error("late"));
          return summarizeCost(cost, received, asked);
        },
      },
    };
    const { signal } = controller;
    const asked = investigated(log, received, { paygentic, signal });
    await expect(asked).rejects.toThrow("late");
    expect(seen).toEqual([{ signal }]);
  });

  test("what onProgress throws ends it", async () => {
    const onProgress = () => {
      throw new Error("enough");
    };
    await expect(investigated(log, received, { onProgress })).rejects.toThrow("enough");
  });

  test.each<[string, object, RegExp]>([
    ["no client", { paygentic: undefined }, /a client: an object with costs\.summary/],
    ["a client without costs", { paygentic: {} }, /a client: an object with costs\.summary/],
    ["a cost without an id", { cost: costOf() }, /cost\.id: expected text/],
    [
      "a client without a summary",
      { paygentic: { costs: {} } },
      /a client: an object with costs\.summary/,
    ],
    ["a cost that is none", { cost: 5 }, /a cost with its id/],
    ["a query that is none", { query: 5 }, /query/],
  ])("%s is refused", async (_name, wrong, message) => {
    const params = { paygentic: { costs: { summary: () => 5 } }, cost, events: log, query: {} };
    await expect(investigate({ ...params, ...wrong } as never)).rejects.toThrow(message);
  });

  test("nothing at all is refused", async () => {
    await expect(investigate(undefined as never)).rejects.toThrow(
      /^The difference cannot be investigated.*an object with paygentic, cost, events and query/s,
    );
  });
});
