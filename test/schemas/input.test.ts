import { describe, expect, test } from "vitest";
import { InvalidInputError, type Issue } from "../../src/errors.ts";
import {
  amount,
  boolean,
  callback,
  costId,
  headers,
  list,
  milliseconds,
  nullish,
  oneOf,
  optional,
  pickedObject,
  record,
  signal,
  strictObject,
  text,
  time,
  wholeNumber,
  withDefault,
} from "../../src/schemas/fields.ts";
import { readInput } from "../../src/schemas/input.ts";

const options = strictObject({
  name: text,
  costs: optional(list(costId)),
  limit: withDefault(wholeNumber(1, 100), 10),
  nested: optional(strictObject({ deep: optional(boolean) })),
  dimensions: optional(record(text)),
  unit: nullish(text),
});

function issuesOf(act: () => unknown): readonly Issue[] {
  try {
    act();
  } catch (error) {
    if (error instanceof InvalidInputError) return error.issues;
    throw error;
  }
  throw new Error("it was accepted");
}
const issues = (schema: Parameters<typeof readInput>[0], given: unknown): readonly Issue[] =>
  issuesOf(() => readInput(schema, given, "refused"));

describe("an argument", () => {
  test("is read into a copy, with defaults", () => {
    const given = Object.freeze({ name: "a", costs: Object.freeze(["cst_1"]), unit: null });
    expect(readInput(options, given, "refused")).toEqual({ ...given, limit: 10 });
  });

  test("is refused with every path, those of unknown fields too", () => {
    const given = {
      costs: ["cst_1", "x"],
      limit: 0,
      nested: { deep: 1, deeper: true },
      dimensions: { model: 1 },
      nmae: "a",
    };
    expect(issues(options, given)).toEqual([
      { path: ["name"], message: "expected text" },
      { path: ["costs", 1], message: "expected text such as cst_1 (^cst_[a-zA-Z0-9]+$)" },
      { path: ["limit"], message: "expected a whole number from 1 to 100" },
      { path: ["nested", "deep"], message: "expected true or false" },
      { path: ["nested", "deeper"], message: "unknown field: expected deep" },
      { path: ["dimensions", "model"], message: "expected text" },
      {
        path: ["nmae"],
        message: "unknown field: expected name, costs, limit, nested, dimensions, unit",
      },
    ]);
  });

  test.each([null, undefined, [], "", 1, new Map(), new Date()])(
    "that is %o is no object",
    (given) => {
      expect(issues(options, given)).toEqual([{ path: [], message: "expected an object" }]);
    },
  );

  test("whose getter throws is refused where the getter is", () => {
    const nested = {
      get deep(): boolean {
        throw new Error("no");
      },
    };
    const message = "expected a plain value; reading it threw no";
    expect(issues(options, { name: "a", nested })).toEqual([{ path: ["nested"], message }]);
  });

  test("that is a revoked proxy is refused", () => {
    const { proxy, revoke } = Proxy.revocable([], {});
    revoke();
    expect(issues(options, { name: "a", costs: proxy })[0]?.message).toContain(
      "expected a plain value; reading it threw",
    );
  });

  test("has own members only: neither a prototype's nor Object's count", () => {
    const inherited = Object.create({ name: "a", other: 1 });
    expect(issues(options, inherited)).toEqual([{ path: ["name"], message: "expected text" }]);
    Object.defineProperty(Object.prototype, "name", {
      value: "polluted",
      writable: true,
      enumerable: true,
      configurable: true,
    });
    try {
      expect(issues(options, {})).toEqual([{ path: ["name"], message: "expected text" }]);
    } finally {
      Reflect.deleteProperty(Object.prototype, "name");
    }
  });

  test("may have a member called __proto__, which is a member like any other", () => {
    const given = JSON.parse('{"name":"a","dimensions":{"__proto__":"p"}}');
    const { dimensions } = readInput(options, given, "refused");
    expect(Object.entries(dimensions ?? {})).toEqual([["__proto__", "p"]]);
    const unknown = JSON.parse('{"name":"a","__proto__":{}}');
    expect(issues(options, unknown).map(({ path }) => path)).toEqual([["__proto__"]]);
  });
});

describe("fields together", () => {
  const range = strictObject(
    { from: time, to: time },
    {
      together: ({ from, to }, refuse) => {
        if (from !== undefined && to !== undefined && from >= to) {
          refuse("expected a time after from", "to");
        }
      },
    },
  );
  test("are checked after each is read", () => {
    const from = "2026-01-01T00:00:00Z";
    expect(issues(range, { from, to: new Date(from) })).toEqual([
      { path: ["to"], message: "expected a time after from" },
    ]);
  });
  test("are checked beside unknown fields, and not when one of them is wrong", () => {
    const from = "2026-01-01T00:00:00Z";
    expect(issues(range, { from, to: from, at: 1 }).map(({ path }) => path)).toEqual([
      ["at"],
      ["to"],
    ]);
    expect(issues(range, { from, to: "x" }).map(({ path }) => path)).toEqual([["to"]]);
  });
});

describe("leaves", () => {
  test.each([
    [amount, "-1", "expected a number that is at least 0"],
    [amount, Number.NaN, /^expected a decimal number such as/],
    [wholeNumber(0), 0.5, "expected a whole number of at least 0"],
    [oneOf(["a", "b"]), "c", "expected one of a, b"],
    [oneOf(["a"]), "c", "expected a"],
    [milliseconds, -1, "expected milliseconds, at least 0"],
    [callback(), {}, "expected a function"],
    [signal, {}, "expected an AbortSignal"],
    [time, "2026-02-30T00:00:00Z", /^expected an RFC 3339 time/],
    [headers, { "a b": "c" }, "expected names that HTTP allows"],
    [headers, { a: "b\nc" }, "expected text without line breaks"],
  ] as const)("%#: say what was expected", (schema, given, message) => {
    const [issue] = issues(schema, given);
    expect(issue?.message).toEqual(
      typeof message === "string" ? message : expect.stringMatching(message),
    );
  });

  test("give Decimal and Date", () => {
    expect(readInput(amount, "0.10", "refused").toString()).toBe("0.1");
    expect(readInput(time, "2026-01-01T02:00:00+02:00", "refused")).toEqual(
      new Date("2026-01-01T00:00:00Z"),
    );
  });

  test("a picked object leaves other members out", () => {
    expect(readInput(pickedObject({ name: text }), { name: "a", other: 1 }, "refused")).toEqual({
      name: "a",
    });
  });
});
