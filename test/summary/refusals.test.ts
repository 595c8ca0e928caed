import {
  type CostDefinition,
  type CostEvent,
  CostSummarizer,
  type CostSummaryParams,
  CostsError,
  Decimal,
  InvalidInputError,
  isCostsError,
  type SummaryOptions,
  summarizeCost,
} from "metered-costs/summary";
import { describe, expect, test } from "vitest";
import { costOf, eventOf, inputIssuesOf, JUNE, pathsOf, thrownBy } from "./events.ts";

/** The paths of the issues with a cost, a query and options, of whatever type. */
function refusedPaths(cost: unknown, query: unknown = JUNE, options: unknown = {}): unknown {
  return pathsOf(
    inputIssuesOf(
      () =>
        new CostSummarizer(
          cost as CostDefinition,
          query as CostSummaryParams,
          options as SummaryOptions,
        ),
    ),
  );
}
const ofQuery = (changes: object, cost = costOf()): unknown =>
  refusedPaths(cost, { ...JUNE, ...changes });

describe("a refusal", () => {
  test("is a typed error with its code, its issues and a message that has them all", () => {
    const error = thrownBy(() =>
      summarizeCost(costOf({ aggregation: "MEDIAN", unitCost: "x" }), [], JUNE),
    );
    expect(error).toBeInstanceOf(InvalidInputError);
    expect(error).toBeInstanceOf(CostsError);
    expect(isCostsError(error)).toBe(true);
    expect(error).toMatchObject({ name: "InvalidInputError", code: "INVALID_INPUT" });
    const { message, issues } = error as InvalidInputError;
    expect(pathsOf(issues)).toEqual([["unitCost"], ["aggregation"]]);
    for (const issue of issues) expect(message).toContain(issue.message);
    expect(message).toMatch(/^The summary cannot be computed: unitCost: .*; aggregation: /);
  });

  test("comes before the first event is read", () => {
    let read = 0;
    function* events(): Generator<CostEvent> {
      read++;
      yield eventOf();
    }
    expect(() => summarizeCost(costOf(), events(), { from: JUNE.to, to: JUNE.from })).toThrow(
      InvalidInputError,
    );
    expect(read).toBe(0);
  });

  test("names everything that is wrong at once", () => {
    const cost = costOf({ unitCost: "x", eventType: null, groupBy: { model: "model" } });
    const query = { from: "x", to: "y", window: "WEEK", groupBy: "other", subject: 5, limit: 1 };
    expect(refusedPaths(cost, query)).toEqual(
      expect.arrayContaining([
        ["unitCost"],
        ["eventType"],
        ["groupBy", "model"],
        ["limit"],
        ["from"],
        ["to"],
        ["subject"],
        ["window"],
        ["groupBy", "other"],
      ]),
    );
  });

  test("is never an empty result: no events do not hide it", () => {
    expect(() => summarizeCost(costOf(), [], { ...JUNE, groupBy: "other" })).toThrow(
      InvalidInputError,
    );
  });
});

/** Each issue with a cost and a query: its path, then its words. */
function refusedWords(cost: unknown, query: unknown = JUNE, options: unknown = {}): string[] {
  return inputIssuesOf(
    () =>
      new CostSummarizer(
        cost as CostDefinition,
        query as CostSummaryParams,
        options as SummaryOptions,
      ),
  ).map(({ path, message }) => `${path.join(".")}: ${message}`);
}

describe("a refusal says what is due", () => {
  const time =
    'expected an RFC 3339 time with an offset, such as "2026-01-31T09:30:00Z", or a valid Date';

  test("where cost and query are no objects", () => {
    expect(refusedWords(null, null)).toEqual([
      ": expected a cost: an object with unitCost, aggregation, ...",
      ": expected a query: an object with from and to",
    ]);
  });

  test.each<[changes: Readonly<Record<string, unknown>>, words: string]>([
    [
      { unitCost: "x" },
      'unitCost: expected a decimal number such as "0.0000015", of at most 1000 digits, with its first digit within 10^±1000, not "x"',
    ],
    [{ unitCost: -1 }, "unitCost: expected a number that is at least 0"],
    [
      { aggregation: "MEDIAN" },
      "aggregation: expected one of SUM, COUNT, AVG, MIN, MAX, UNIQUE_COUNT, LATEST",
    ],
    [{ eventType: null }, "eventType: expected text: the type of the events to meter"],
    [{ merchantId: 5 }, "merchantId: expected text"],
    [{ id: 1n }, "id: expected text"],
    [{ name: {} }, "name: expected text"],
    [{ currency: Symbol("USD") }, "currency: expected text"],
    [{ unit: Object.create(null) }, "unit: expected text"],
    [{ valueProperty: null }, "valueProperty: expected a path such as $.usage.tokens"],
    [
      { valueProperty: null, aggregation: "UNIQUE_COUNT" },
      "valueProperty: expected a path such as $.usage.tokens: there is nothing to tell apart without one",
    ],
    [{ groupBy: [] }, "groupBy: expected an object from dimension to path"],
    [
      { groupBy: { model: "model" } },
      String.raw`groupBy.model: expected text such as $.usage.tokens (^\$\.[a-zA-Z0-9_]+(?:\.[a-zA-Z0-9_]+)*$)`,
    ],
  ])("in a cost: %o", (changes, words) => {
    expect(refusedWords(costOf(changes))).toEqual([words]);
  });

  test.each<[changes: object, words: string]>([
    [
      { limit: 1 },
      "limit: unknown field: expected from, to, subject, groupBy, window, filterGroupBy",
    ],
    [{ from: "June" }, `from: ${time}, not "June"`],
    [{ to: "June" }, `to: ${time}, not "June"`],
    [{ to: JUNE.from }, "to: expected a time after from"],
    [{ subject: 5 }, "subject: expected text"],
    [{ window: "WEEK" }, "window: expected one of MINUTE, HOUR, DAY"],
    [{ groupBy: [5] }, "groupBy.0: expected text"],
    [
      { groupBy: 5 },
      "groupBy: expected names of dimensions: an array, or text with commas between them",
    ],
    [{ groupBy: "model,," }, "groupBy: expected a name before and after each comma"],
    [
      { groupBy: "x" },
      'groupBy.x: the cost declares no dimension "x"; it declares model, region, and $subject and $source are always there',
    ],
    [{ filterGroupBy: null }, "filterGroupBy: expected an object from dimension to value"],
    [
      { filterGroupBy: { model: {} } },
      "filterGroupBy.model: expected text, a number, true, false or null, or a non-empty array of them",
    ],
    [
      { filterGroupBy: { x: 1 } },
      'filterGroupBy.x: the cost declares no dimension "x"; it declares model, region, and $subject and $source are always there',
    ],
  ])("in a query: %o", (changes, words) => {
    expect(refusedWords(costOf(), { ...JUNE, ...changes })).toEqual([words]);
  });

  test.each<[options: unknown, words: string]>([
    [null, ": expected an object of options"],
    [5, ": expected an object of options"],
    [
      { dedupe: true },
      "dedupe: unknown field: expected clock, deduplicate, resolveSubject, onInvalidEvent",
    ],
    [{ deduplicate: 1 }, "deduplicate: expected true or false"],
    [{ clock: 1 }, "clock: expected a function"],
    [{ resolveSubject: 1 }, "resolveSubject: expected a function"],
    [{ onInvalidEvent: 1 }, "onInvalidEvent: expected a function"],
  ])("in the options: %o", (options, words) => {
    expect(refusedWords(costOf(), JUNE, options)).toEqual([words]);
  });

  test("after the first words, which say what cannot be done", () => {
    for (const run of [
      () => summarizeCost(null as never, [], JUNE),
      () => summarizeCost(costOf(), [], { ...JUNE, window: "WEEK" as never }),
      () => summarizeCost(costOf(), [], JUNE, { clock: 5 as never }),
      () => summarizeCost(costOf(), 5 as never, JUNE),
    ]) {
      expect(thrownBy(run)).toMatchObject({
        message: expect.stringMatching(/^The summary cannot be computed: /),
      });
    }
  });
});

describe("a range is refused", () => {
  test("where from equals to", () => {
    expect(ofQuery({ to: JUNE.from })).toEqual([["to"]]);
    expect(ofQuery({ to: "2026-06-01T02:00:00+02:00" })).toEqual([["to"]]);
    expect(ofQuery({ to: "2026-06-01T00:00:00.0009Z" })).toEqual([["to"]]);
  });

  test("where from is after to", () => {
    expect(ofQuery({ from: JUNE.to, to: JUNE.from })).toEqual([["to"]]);
  });

  test.each([
    undefined,
    null,
    "",
    "2026-06-01",
    "2026-06-01T00:00:00",
    "June 1",
    "2026-02-30T00:00:00Z",
    1780272000000,
    new Date(Number.NaN),
    new Date(8.64e15),
    {},
  ])("where a bound is no time: %s", (time) => {
    expect(ofQuery({ from: time })).toEqual([["from"]]);
    expect(ofQuery({ to: time })).toEqual([["to"]]);
  });
});

describe("a query is refused", () => {
  test.each(["WEEK", "MONTH", "hour", "", null, 3600, "HOUR ", "__proto__", "toString"])(
    "with the unknown window %j",
    (window) => {
      expect(ofQuery({ window })).toEqual([["window"]]);
    },
  );

  test("that groups by a dimension which the cost does not declare", () => {
    expect(ofQuery({ groupBy: "other" })).toEqual([["groupBy", "other"]]);
    expect(ofQuery({ groupBy: "model,other,Model" })).toEqual([
      ["groupBy", "other"],
      ["groupBy", "Model"],
    ]);
    expect(ofQuery({ groupBy: ["model,region"] })).toEqual([["groupBy", "model,region"]]);
    expect(ofQuery({ groupBy: [" model"] })).toEqual([["groupBy", " model"]]);
    expect(ofQuery({ groupBy: [""] })).toEqual([["groupBy", ""]]);
    for (const name of ["__proto__", "constructor", "toString"]) {
      expect(ofQuery({ groupBy: name })).toEqual([["groupBy", name]]);
    }
  });

  test("that groups where the cost declares no dimensions", () => {
    for (const groupBy of [undefined, null, {}]) {
      expect(ofQuery({ groupBy: "model" }, costOf({ groupBy }))).toEqual([["groupBy", "model"]]);
    }
  });

  test("with an empty name between commas", () => {
    for (const groupBy of [",", "model,", ",model", "model,,region", "model, ,region"]) {
      expect(ofQuery({ groupBy }), groupBy).toEqual([["groupBy"]]);
    }
  });

  test("with a groupBy that is neither text nor an array of text", () => {
    for (const groupBy of [5, null, {}, true]) {
      expect(ofQuery({ groupBy })).toEqual([["groupBy"]]);
    }
    expect(ofQuery({ groupBy: [5] })).toEqual([["groupBy", 0]]);
    expect(ofQuery({ groupBy: ["model", null] })).toEqual([["groupBy", 1]]);
  });

  test("that filters by a dimension which the cost does not declare", () => {
    expect(ofQuery({ filterGroupBy: { other: "a" } })).toEqual([["filterGroupBy", "other"]]);
    const hidden: unknown = JSON.parse('{"__proto__":"a"}');
    expect(ofQuery({ filterGroupBy: hidden })).toEqual([["filterGroupBy", "__proto__"]]);
  });

  test.each([
    ["an empty array", []],
    ["an object", {}],
    ["an object inside an array", [{}]],
    ["an array inside an array", [["a"]]],
    ["NaN", Number.NaN],
    ["Infinity", Number.POSITIVE_INFINITY],
    ["undefined", undefined],
    ["undefined inside an array", ["a", undefined]],
    ["a bigint", 5n],
    ["a symbol", Symbol("a")],
    ["a function", () => "a"],
    ["a Date", new Date(0)],
    ["a Decimal", new Decimal(1)],
  ])("with %s as a filter's value", (_name, value) => {
    expect(ofQuery({ filterGroupBy: { model: value } })).toEqual([["filterGroupBy", "model"]]);
  });

  test("with a Map or a Date where an object is due, which would pass for an empty one", () => {
    for (const empty of [new Map([["model", "large"]]), new Date()]) {
      expect(ofQuery({ filterGroupBy: empty })).toEqual([["filterGroupBy"]]);
      expect(refusedPaths(costOf(), empty)).toEqual([[]]);
      expect(refusedPaths({ ...costOf(), groupBy: empty })).toEqual([["groupBy"]]);
    }
  });

  test("with a filter that is no object", () => {
    for (const filterGroupBy of [null, "model", 5, [], ["model"]]) {
      expect(ofQuery({ filterGroupBy })).toEqual([["filterGroupBy"]]);
    }
  });

  test("with a subject that is no text", () => {
    for (const subject of [null, 5, ["a"], {}]) expect(ofQuery({ subject })).toEqual([["subject"]]);
  });

  test("with a field that it does not know", () => {
    expect(ofQuery({ windowSize: "HOUR", filter: {} })).toEqual([["windowSize"], ["filter"]]);
  });

  test("that is no object", () => {
    for (const query of [null, undefined, 5, "from", []]) {
      expect(refusedPaths(costOf(), query === undefined ? null : query)).toEqual([[]]);
    }
  });
});

describe("a cost is refused", () => {
  test("without an event type", () => {
    for (const eventType of [undefined, null, 5]) {
      expect(refusedPaths(costOf({ eventType }))).toEqual([["eventType"]]);
    }
  });

  test("without an aggregation, or with one that is unknown", () => {
    for (const aggregation of [undefined, null, "", "sum", "MEDIAN", 5, "constructor"]) {
      expect(refusedPaths(costOf({ aggregation })), String(aggregation)).toEqual([["aggregation"]]);
    }
  });

  test.each(["SUM", "AVG", "MIN", "MAX", "LATEST", "UNIQUE_COUNT"])(
    "without a valueProperty for %s",
    (aggregation) => {
      for (const valueProperty of [undefined, null, ""]) {
        expect(refusedPaths(costOf({ aggregation, valueProperty }))).toEqual([["valueProperty"]]);
      }
    },
  );

  const invalidPaths = [
    "value",
    "$",
    "$.",
    "$value",
    "$..value",
    "$.value.",
    "$.a..b",
    "$.a b",
    "$.a-b",
    "$['a']",
    "$.a[0]",
    "$.*",
    " $.a",
    "$.a ",
    "$.a\n",
    "$.é",
    5,
    {},
    ["$.a"],
  ];

  test.each(invalidPaths)("with the invalid path %j", (path) => {
    expect(refusedPaths(costOf({ valueProperty: path }))).toEqual([["valueProperty"]]);
    expect(refusedPaths(costOf({ groupBy: { model: path } }))).toEqual([["groupBy", "model"]]);
  });

  test("with dimensions that are no object", () => {
    for (const groupBy of ["model", 5, ["model"]]) {
      expect(refusedPaths(costOf({ groupBy }))).toEqual([["groupBy"]]);
    }
  });

  test.each([
    ["absent", undefined],
    ["null", null],
    ["no number", "ten"],
    ["empty", ""],
    ["with a space", " 1"],
    ["NaN", Number.NaN],
    ["Infinity", Number.POSITIVE_INFINITY],
    ["NaN as a Decimal", new Decimal(Number.NaN)],
    ["Infinity as a Decimal", new Decimal(Number.POSITIVE_INFINITY)],
    ["negative", -1],
    ["negative text", "-0.0000001"],
    ["beyond the bounds", "1e1001"],
    ["of too many digits", "1".repeat(1_001)],
    ["true", true],
    ["an array", ["1"]],
    ["an object", {}],
  ])("with a unit cost that is %s", (_name, unitCost) => {
    expect(refusedPaths(costOf({ unitCost }))).toEqual([["unitCost"]]);
  });

  test("with a merchant that is no text", () => {
    expect(refusedPaths(costOf({ merchantId: 5 }))).toEqual([["merchantId"]]);
  });

  test("that is no object", () => {
    for (const cost of [null, undefined, 5, "cst_1", []]) {
      expect(refusedPaths(cost)).toEqual([[]]);
    }
  });
});

describe("options are refused", () => {
  test.each([
    ["an unknown one", { dedupe: true }, [["dedupe"]]],
    ["one called like a built-in member", { constructor: () => {} }, [["constructor"]]],
    ["a deduplicate that is no boolean", { deduplicate: "no" }, [["deduplicate"]]],
    ["a clock that is no function", { clock: new Date() }, [["clock"]]],
    ["a resolveSubject that is no function", { resolveSubject: {} }, [["resolveSubject"]]],
    ["an onInvalidEvent that is no function", { onInvalidEvent: true }, [["onInvalidEvent"]]],
    ["no object", null, [[]]],
  ])("%s", (_name, options, paths) => {
    expect(refusedPaths(costOf(), JUNE, options)).toEqual(paths);
  });

  test("not one that is undefined", () => {
    const options = {
      clock: undefined,
      deduplicate: undefined,
      resolveSubject: undefined,
      onInvalidEvent: undefined,
    };
    expect(() => new CostSummarizer(costOf(), JUNE, options)).not.toThrow();
  });
});

test("events that are no synchronous iterable are refused", () => {
  async function* later(): AsyncGenerator<CostEvent> {
    yield eventOf();
  }
  for (const events of [undefined, null, 5, {}, eventOf(), later()]) {
    const run = () => summarizeCost(costOf(), events as unknown as CostEvent[], JUNE);
    expect(inputIssuesOf(run)).toEqual([
      {
        path: ["events"],
        message: "expected an array or another synchronous iterable of events",
      },
    ]);
  }
});
