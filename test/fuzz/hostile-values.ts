import fc from "fast-check";
import { readEvents } from "metered-costs/summary";

/** A key that must come out nowhere. */
export const KEY = "sk_live_planted_fuzz_4711";
/** The same as JSON may spell it. */
export const ESCAPED_KEY = [...KEY]
  .map((c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`)
  .join("");
/** Where the key would be no secret of ours but the caller's own data. */
export const withoutKey = (text: string): string =>
  text.replaceAll(KEY, "k").replaceAll(ESCAPED_KEY, "k");

/** What the caller's own code throws: it may come out as it is. */
export class CallersOwn extends Error {}
const throwing = (): never => {
  throw new CallersOwn("the caller's own");
};

/** A linter takes the name itself for a slip. */
const THEN = "then";

const nested = (depth: number, open: string, close: string): string =>
  open.repeat(depth) + close.repeat(depth);
const deepArray: unknown = JSON.parse(nested(3_000, "[", "]"));
const deepObject: unknown = JSON.parse(`${'{"a":'.repeat(3_000)}1${"}".repeat(3_000)}`);
const cycle: Record<string, unknown> = {};
cycle["self"] = cycle;
const polluting = (): unknown =>
  JSON.parse('{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}');

/** Texts that have been trouble somewhere. */
export const hostileText: fc.Arbitrary<string> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.constantFrom(
      "",
      " ",
      "__proto__",
      "constructor",
      "prototype",
      "toString",
      "hasOwnProperty",
      "..",
      "../../v0/events",
      "cst_1/../../events",
      "cst_1%2f..%2fevents",
      "cst_1?x=1",
      "cst_1#",
      "cst_1\n",
      "report",
      "%",
      "%00",
      "%2e%2e%2f",
      "a,b",
      ",",
      "a\r\nX-Evil: 1",
      "\u0000",
      "\u2028",
      "\ud800",
      "\udc00a",
      "\ufeff",
      "\u202e",
      "é".normalize("NFD"),
      "1e4000",
      "1e5000 tokens",
      `${"9".repeat(1_001)} tokens`,
      "__other__",
      "-1e-4000",
      "1e999999999999999999999",
      "9".repeat(10_000),
      `0.${"0".repeat(10_000)}1`,
      `1e${"9".repeat(10_000)}`,
      "NaN",
      "Infinity",
      "0x10",
      "1_000",
      "٣",
      "1e5",
      ".5",
      "2026-02-30T00:00:00Z",
      "2026-06-01T00:00:00Z",
      "+275760-09-13T00:00:00Z",
      `2026-06-01T00:00:00.${"1".repeat(10_000)}Z`,
      "$.a",
      "$.__proto__.polluted",
      "$.constructor.prototype",
      `$${".a".repeat(5_000)}`,
      `$.${"a".repeat(20_000)}!`,
      "SUM",
      "COUNT",
      "USD",
      "cst_1",
      "org_1",
      "prod_1",
      "a".repeat(50_000),
      "/".repeat(5_000),
      "http://127.0.0.1:9",
      "http://example.com",
      "https://example.com/?a",
      "javascript:alert(1)",
      "//evil",
    ),
  },
  { weight: 3, arbitrary: fc.string({ unit: "binary", maxLength: 30 }) },
  { weight: 1, arbitrary: fc.string({ unit: "grapheme", maxLength: 10 }) },
);

export const hostileNumber: fc.Arbitrary<number> = fc.oneof(
  fc.constantFrom(
    0,
    -0,
    1,
    -1,
    0.1,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
    Number.MAX_VALUE,
    Number.MIN_VALUE,
    Number.MAX_SAFE_INTEGER + 1,
    2 ** 31,
    8.64e15,
    1e21,
    1e-7,
  ),
  fc.double(),
  fc.integer(),
);

/** Makes a value when it is needed: fast-check looks at what it generates, and some values do not stand that. */
export type Recipe<T> = () => T;
export type Recipes<T> = fc.Arbitrary<Recipe<T>>;
/** Values that may be looked at. */
export const plain = <T>(values: fc.Arbitrary<T>): Recipes<T> => values.map((value) => () => value);
/** Several values at once. */
export const together = <T extends readonly unknown[]>(
  ...parts: { [Part in keyof T]: Recipes<T[Part]> }
): Recipes<T> =>
  fc
    .tuple(...(parts as Recipes<unknown>[]))
    .map((recipes) => () => recipes.map((make) => make()) as unknown as T);
export const listOf = <T>(item: Recipes<T>, maxLength: number, minLength = 0): Recipes<T[]> =>
  fc.array(item, { minLength, maxLength }).map((recipes) => () => recipes.map((make) => make()));

/** A number with more digits than a double has, as a reader of lines gives it. */
const LONG_NUMBER: object = await (async () => {
  const line = JSON.stringify({ type: "a", data: { a: 1 } }).replace("1}}", `${"7".repeat(40)}}}`);
  for await (const { data } of readEvents(line)) return (data as { a: object }).a;
  throw new Error("no event");
})();

/** Objects with a will of their own. */
const hostileObject: Recipes<unknown> = fc.constantFrom<() => unknown>(
  // As another copy of the package, or another thread, hands it over; and the same, damaged.
  () => structuredClone(LONG_NUMBER),
  () => ({ ...LONG_NUMBER }),
  () => Object.fromEntries(Object.keys(LONG_NUMBER).map((name) => [name, "x"])),
  () => ({
    get id() {
      return throwing();
    },
  }),
  () =>
    new Proxy(
      {},
      {
        get: throwing,
        has: throwing,
        ownKeys: throwing,
        getOwnPropertyDescriptor: throwing,
        getPrototypeOf: throwing,
      },
    ),
  () => new Proxy([], { get: throwing }),
  () => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    return proxy;
  },
  () => ({ toJSON: throwing }),
  () => ({ toJSON: () => 1n }),
  () => ({ toJSON: () => Symbol("s") }),
  () => ({ toJSON: () => undefined }),
  () => ({ toString: throwing, valueOf: throwing, [Symbol.toPrimitive]: throwing }),
  () => ({
    get [Symbol.toStringTag]() {
      return throwing();
    },
  }),
  () => ({ [Symbol.toStringTag]: "Object", [Symbol.iterator]: throwing }),
  () => ({ [Symbol.iterator]: 7, [Symbol.asyncIterator]: 7 }),
  () => ({ [Symbol.iterator]: () => ({ next: throwing }) }),
  () => ({ [Symbol.iterator]: () => ({ next: () => 7 }) }),
  () => ({ [Symbol.iterator]: () => undefined }),
  () => ({ [THEN]: throwing }),
  () => ({ [THEN]: 7, catch: 7 }),
  () => cycle,
  () => deepArray,
  () => deepObject,
  polluting,
  () => Object.create(null),
  () => Object.create({ inherited: 1 }),
  () => Object.assign(Object.create(null), { __proto__: null, a: 1 }),
  () => new (class Own {})(),
  () =>
    new (class extends Date {
      override getTime = throwing;
    })(),
  () => new Date(Number.NaN),
  () => new Date(8.64e15),
  () => new Date(-8.64e15),
  () => Object.create(Date.prototype),
  () => new Map([["a", 1]]),
  () => new Set([1]),
  () => new WeakMap(),
  () => Promise.resolve(1),
  () => new Uint8Array(3),
  () => new Error("an error"),
  () => /a/,
  () => Symbol("s"),
  () => Symbol.iterator,
  () => () => throwing(),
  () => class {},
  () => Object(1n),
  () => Object("text"),
  () => Object(Symbol("s")),
  () => 10n ** 5_000n,
  () => -1n,
  () => ({ s: 1, e: 0, toFixed: throwing }),
  () => ({ s: 1, e: 0, toFixed: () => "x" }),
  () => ({ s: 1, e: 0, toFixed: () => 7 }),
  () => ({ s: 1, e: 9e15, toFixed: () => "1".repeat(1e6) }),
  () => ({ s: 1, e: 0, toFixed: () => "1".repeat(1e5) }),
  () => ({ s: null, e: null, toFixed: () => "NaN" }),
  () => Array(3),
  () => new Array(1_000).fill("__proto__"),
  () => globalThis,
  () => Math,
  () =>
    (function () {
      // biome-ignore lint/complexity/noArguments: the object that it is here for
      return arguments;
    })(),
);

/** Anything. */
export const hostile: Recipes<unknown> = fc.oneof(
  { weight: 3, arbitrary: plain(fc.constantFrom<unknown>(undefined, null, true, false, {}, [])) },
  { weight: 4, arbitrary: plain<unknown>(hostileText) },
  { weight: 3, arbitrary: plain<unknown>(hostileNumber) },
  { weight: 5, arbitrary: hostileObject },
  {
    weight: 2,
    arbitrary: plain(
      fc.anything({
        maxDepth: 2,
        maxKeys: 3,
        withBigInt: true,
        withBoxedValues: true,
        withDate: true,
        withMap: true,
        withNullPrototype: true,
        withObjectString: true,
        withSet: true,
        withSparseArray: true,
        withTypedArray: true,
      }),
    ),
  },
  {
    weight: 2,
    arbitrary: listOf(
      together<[string, unknown]>(
        plain(hostileText),
        fc.oneof(plain<unknown>(hostileText), hostileObject),
      ),
      3,
    ).map((entries) => () => Object.fromEntries(entries())),
  },
  {
    weight: 1,
    arbitrary: listOf(fc.oneof(plain<unknown>(hostileText), hostileObject), 3),
  },
);

/** A good object with some members replaced by anything, some left out, and perhaps one more. */
export function mutated<T extends object>(
  good: T,
  fields: readonly string[] = Object.keys(good),
): Recipes<T> {
  const change = fc.record({
    changes: fc.array(fc.tuple(fc.constantFrom(...fields), hostile), { maxLength: 2 }),
    without: fc.option(fc.constantFrom(...fields), { freq: 4, nil: undefined }),
    more: fc.option(fc.tuple(hostileText, hostile), { freq: 6, nil: undefined }),
  });
  return change.map(({ changes, without, more }) => () => {
    const copy: object = { ...good };
    for (const [name, make] of more === undefined ? changes : [...changes, more]) {
      Object.defineProperty(copy, name, {
        value: make(),
        configurable: true,
        enumerable: true,
        writable: true,
      });
    }
    if (without !== undefined) Reflect.deleteProperty(copy, without);
    return copy as T;
  });
}

/** A good object mutated, or anything at all in its place. */
export const mutatedOrAnything = <T extends object>(
  good: T,
  fields?: readonly string[],
): Recipes<T> =>
  fc.oneof(
    { weight: 5, arbitrary: mutated(good, fields) },
    { weight: 1, arbitrary: hostile as Recipes<T> },
  );
