import { Decimal as HostDecimal } from "decimal.js";
import { describe, expect, test } from "vitest";
import {
  isJsonObject,
  jsonForm,
  jsonTree,
  jsonTreeOfForm,
  ownMember,
  pathOfUnfit,
} from "../../src/values/json-form.ts";
import { LosslessNumber } from "../../src/values/lossless-json.ts";
import { NotJsonError, unreadableBecause } from "../../src/values/unserializable-value.ts";

class Usage {
  readonly tokens = 5;
  readonly left = undefined;
  get inherited(): number {
    return 1;
  }
}

const itself = { a: 1, b: { c: 2 } };
Object.defineProperty(itself, "toJSON", { value: () => itself });

/** Values that JSON can carry, in the forms in which programs have them. */
const carried: readonly (readonly [name: string, value: unknown])[] = [
  ["text", "a"],
  ["a lone surrogate", "\ud800"],
  ["a number", 0.1],
  ["NaN", Number.NaN],
  ["Infinity", Number.NEGATIVE_INFINITY],
  ["true", true],
  ["null", null],
  ["boxed text", new String("a")],
  ["a boxed number", new Number(5)],
  ["a boxed NaN", new Number(Number.NaN)],
  ["a boxed boolean", new Boolean(false)],
  ["a boxed symbol", Object(Symbol("a"))],
  ["a Date", new Date(0)],
  ["an invalid Date", new Date(Number.NaN)],
  ["a decimal", new HostDecimal("1.5")],
  ["a Map", new Map([["a", 1]])],
  ["a regular expression", /a/],
  ["an error", new Error("a")],
  ["a typed array", new Uint8Array([1, 2])],
  ["a class instance", new Usage()],
  ["an object without a prototype", Object.assign(Object.create(null) as object, { a: 1 })],
  ["an object with inherited members", Object.create({ a: 1 })],
  ["hidden members", Object.defineProperty({}, "a", { value: 1, enumerable: false })],
  ["a getter", Object.defineProperty({}, "a", { get: () => 1, enumerable: true })],
  ["a symbol as a name", { [Symbol("a")]: 1, b: 2 }],
  ["undefined members", { a: undefined, b: [undefined] }],
  ["a sparse array", Object.assign(new Array(3), { 1: 1 })],
  ["an array with a name", Object.assign([1], { name: 2 })],
  ["names of digits", { b: 1, 10: 2, 9: 3 }],
  ["a name __proto__", JSON.parse('{"__proto__":{"a":1},"b":2}')],
  ["toJSON", { toJSON: () => ({ a: 1 }) }],
  ["toJSON by name", { a: { toJSON: (name: string) => `is ${name}` } }],
  ["toJSON by position", [0, { toJSON: (name: string) => `is ${name}` }]],
  ["a toJSON that is no function", { a: 1, toJSON: "text" }],
  ["toJSON that gives the value itself", itself],
  ["toJSON that gives undefined", { a: { toJSON: () => undefined }, b: 1 }],
  ["toJSON that gives undefined in an array", [{ toJSON: () => undefined }]],
  ["toJSON that gives NaN", { a: { toJSON: () => Number.NaN } }],
  ["toJSON that gives a boxed number", { a: { toJSON: () => new Number(5) } }],
  ["toJSON that gives a Date, which is not asked again", { a: { toJSON: () => new Date(0) } }],
  [
    "toJSON that gives an object whose toJSON is inherited, and not asked",
    { a: { toJSON: () => Object.create({ toJSON: () => "no" }) as unknown } },
  ],
  ["a shared object, which is no cycle", ((shared) => [shared, { shared }])({ a: [1] })],
];

describe("jsonTree", () => {
  test.each(carried)(
    "gives what JSON.parse gives of what JSON.stringify writes: %s",
    (_name, value) => {
      expect(JSON.stringify(jsonTree(value))).toBe(JSON.stringify(value));
      expect(jsonTree(value)).toEqual(JSON.parse(JSON.stringify(value)));
      expect(jsonTree({ value })).toEqual(JSON.parse(JSON.stringify({ value })));
    },
  );

  test("calls toJSON once a value", () => {
    let calls = 0;
    const value = {
      toJSON: () => {
        calls++;
        return { calls };
      },
    };
    expect(jsonTree({ value })).toEqual({ value: { calls: 1 } });
    expect(calls).toBe(1);
  });

  test("asks a bigint for a toJSON that the program has given to all of them", () => {
    const prototype = BigInt.prototype as { toJSON?: () => string };
    prototype.toJSON = function (this: bigint) {
      return this.toString();
    };
    try {
      expect(jsonTree([5n, { a: 6n }])).toEqual(["5", { a: "6" }]);
    } finally {
      delete prototype.toJSON;
    }
  });

  test("keeps a long number as it is", () => {
    const long = new LosslessNumber("12345678901234567890");
    expect(jsonTree(long)).toBe(long);
    expect(jsonTree({ a: [long] })).toEqual({ a: [long] });
  });

  test("gives undefined for undefined", () => {
    expect(jsonTree(undefined)).toBeUndefined();
  });

  const cycle: Record<string, unknown> = {};
  cycle["a"] = [{ cycle }];
  const branches: unknown[] = [];
  branches.push(branches, branches, branches);
  const growing = { toJSON: (): unknown => ({ growing }) };
  test.each<[name: string, value: unknown, words: string]>([
    ["a bigint", 5n, "bigint"],
    ["a boxed bigint", Object(5n), "bigint"],
    ["a function", () => 1, "function"],
    ["a class", Usage, "function"],
    ["a symbol", Symbol("a"), "symbol"],
    ["a bigint within", { a: [{ b: 5n }] }, "bigint"],
    ["a boxed bigint within", [Object(5n)], "bigint"],
    ["a function within, which JSON.stringify would drop", { a: () => 1 }, "function"],
    ["a symbol within an array, which it would write as null", [Symbol("a")], "symbol"],
    ["a bigint from toJSON", { toJSON: () => 5n }, "bigint"],
    ["a cycle", cycle, "cycle"],
    ["a cycle with branches", branches, "cycle"],
    ["what grows without end", growing, "cycle"],
  ])("refuses %s", (_name, value, words) => {
    expect(() => jsonTree(value)).toThrow(NotJsonError);
    expect(() => jsonTree(value)).toThrow(words);
  });

  test("goes a thousand levels deep, and no further", () => {
    const nested = (levels: number): unknown => JSON.parse("[".repeat(levels) + "]".repeat(levels));
    expect(JSON.stringify(jsonTree(nested(1_000)))).toHaveLength(2_000);
    expect(() => jsonTree(nested(1_001))).toThrow(NotJsonError);
  });

  test("lets through what the value's own code throws", () => {
    const broken = {
      toJSON: () => {
        throw new RangeError("gone");
      },
    };
    expect(() => jsonTree({ broken })).toThrow(new RangeError("gone"));
  });
});

describe("jsonTreeOfForm", () => {
  test("does not call the toJSON of what is a form already, but that of its members", () => {
    const members = { a: { enumerable: true, value: { toJSON: () => "yes" } } };
    const form = jsonForm({ toJSON: () => Object.create({ toJSON: () => "no" }, members) }, "");
    expect(jsonTreeOfForm(form)).toEqual({ a: "yes" });
  });
});

describe("jsonForm", () => {
  test("does not look at members", () => {
    const value = { a: 5n, b: () => 1 };
    expect(jsonForm(value, "")).toBe(value);
  });

  test("gives null for numbers that are not finite", () => {
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY, new Number(Number.NaN)]) {
      expect(jsonForm(value, "")).toBeNull();
    }
  });
});

describe("isJsonObject", () => {
  test("is true of objects with members, of nothing else", () => {
    for (const value of [{}, { a: 1 }, new Usage(), Object.create(null)]) {
      expect(isJsonObject(value)).toBe(true);
    }
    for (const value of [null, undefined, [], "a", 5, true, new LosslessNumber("1e400")]) {
      expect(isJsonObject(value)).toBe(false);
    }
  });
});

describe("ownMember", () => {
  test("gives own and enumerable members alone", () => {
    const object = Object.create({ inherited: 1 }, { hidden: { value: 2 } }) as object;
    Object.assign(object, { own: 3 });
    expect(ownMember(object, "own")).toBe(3);
    for (const name of ["inherited", "hidden", "absent", "__proto__", "constructor"]) {
      expect(ownMember(object, name)).toBeUndefined();
    }
    expect(ownMember(JSON.parse('{"__proto__":4}') as object, "__proto__")).toBe(4);
  });
});

describe("pathOfUnfit", () => {
  const cyclic: { a: { self?: unknown } } = { a: {} };
  cyclic.a.self = cyclic;
  const throwing = {
    b: {
      get c() {
        throw new Error("gone");
      },
    },
  };
  const shared = { x: 1 };
  test.each<[string, unknown, (string | number)[]]>([
    ["a bigint", { n: 1n }, ["n"]],
    ["a function in an array", { list: [1, { f: () => 1 }] }, ["list", 1, "f"]],
    ["a symbol that a toJSON gives", { a: { toJSON: () => ({ b: Symbol("x") }) } }, ["a", "b"]],
    ["a cycle", cyclic, ["a", "self"]],
    ["a getter that throws", throwing, ["b", "c"]],
    ["the value itself", 1n, []],
    ["nothing, where an object comes twice", { p: shared, q: [shared, shared] }, []],
  ])("leads to %s", (_, value, path) => {
    expect(pathOfUnfit(value)).toEqual(path);
  });
});

test("unreadableBecause says in words what was thrown, whatever it was", () => {
  expect(unreadableBecause(new NotJsonError("JSON cannot carry a symbol"))).toBe(
    "JSON cannot carry a symbol",
  );
  expect(unreadableBecause(new Error("gone"))).toContain("gone");
  expect(unreadableBecause(new TypeError("a cycle\n    --> starting at"))).not.toContain("\n");
  expect(unreadableBecause("gone")).toContain("gone");
  expect(unreadableBecause(undefined)).toContain("undefined");
});
