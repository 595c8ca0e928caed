/**
 * What schemas are made of: leaves and containers of zod/mini whose messages say what was expected. Containers give
 * copies, read own members only, take `__proto__` for a name like any other, and give every issue its whole path.
 */
import * as z from "zod/mini";
import { type Decimal, type DecimalInput, readDecimal, readExact } from "../values/decimal.ts";
import { defineMember } from "../values/lossless-json.ts";
import { isRecord } from "../values/record.ts";
import type { Exact } from "../values/scaled-integer.ts";
import { expectedTime, readTime } from "../values/timestamp.ts";
import {
  AGGREGATIONS,
  COST_ID,
  CURRENCY,
  EXTERNAL_ID,
  JSON_PATH,
  MERCHANT_ID,
  METRIC_ID,
  PRODUCT_ID,
} from "./contract.ts";
import { unreadable } from "./input.ts";

/** A schema of zod that takes `Input` and gives `Output`. */
export type Schema<Output, Input = Output> = z.ZodMiniType<Output, Input>;
/** A schema for each field that an object may have, by name. */
export type Shape = Readonly<Record<string, z.core.$ZodType>>;
type ObjectOf<S extends Shape> = z.ZodMiniObject<{ -readonly [Name in keyof S]: S[Name] }>;
/** Where a schema that is a function of ours puts its issues. */
export type Payload = Pick<z.core.ParsePayload, "issues">;

const CONTEXT: z.core.ParseContextInternal = { async: false };

/** Runs a schema on a value. The payload that comes back has the output and the issues. */
export const run = <T>(schema: z.core.$ZodType<T>, value: unknown): z.core.ParsePayload<T> =>
  schema._zod.run({ value, issues: [] }, CONTEXT) as z.core.ParsePayload<T>;

/** Adds an issue, at a `path` within the value that is being read. */
export function refuse(
  payload: Payload,
  message: string,
  input?: unknown,
  ...path: PropertyKey[]
): undefined {
  payload.issues.push({ code: "custom", message, path, input });
}

/** A schema that is a function: it gives what the value means, or refuses it. */
/* @__NO_SIDE_EFFECTS__ */
export function field<Output, Input = unknown>(
  read: (given: unknown, payload: Payload) => Output | undefined,
): Schema<Output, Input> {
  return z.transform(read) as unknown as Schema<Output, Input>;
}

/** A value that passes a test, as it is. */
/* @__NO_SIDE_EFFECTS__ */
export function expecting<T>(what: string, isFine: (given: unknown) => boolean): Schema<T> {
  return z.custom<T>(isFine, `expected ${what}`);
}

/** Any value: another piece checks it. */
/* @__NO_SIDE_EFFECTS__ */
export function anything<T>(): Schema<T> {
  return expecting<T>("anything", () => true);
}

/** A schema, or a value where there is none. */
/* @__NO_SIDE_EFFECTS__ */
export function withDefault<S extends z.core.$ZodType>(
  schema: S,
  value: z.core.util.NoUndefined<z.output<S>>,
): z.ZodMiniDefault<S> {
  return z._default(schema, value);
}

export const optional: typeof z.optional = z.optional;
export const nullable: typeof z.nullable = z.nullable;
export const nullish: typeof z.nullish = z.nullish;

export const text = /* @__PURE__ */ z.string("expected text");
export const boolean = /* @__PURE__ */ z.boolean("expected true or false");

/** Text that is not empty. */
/* @__NO_SIDE_EFFECTS__ */
export function filledText(what: string): Schema<string> {
  const expected = `expected ${what}`;
  return z.string(expected).check(z.minLength(1, expected));
}

/** Text of a pattern, described by an example. */
/* @__NO_SIDE_EFFECTS__ */
export function matching(pattern: RegExp, example: string): Schema<string> {
  const expected = `expected text such as ${example} (${pattern.source})`;
  return z.string(expected).check(z.regex(pattern, expected));
}

/** One of some texts. */
/* @__NO_SIDE_EFFECTS__ */
export function oneOf<const Members extends readonly string[]>(
  members: Members,
): Schema<Members[number]> {
  const choice = members.length > 1 ? "one of " : "";
  return z.enum(members, `expected ${choice}${members.join(", ")}`) as unknown as Schema<
    Members[number]
  >;
}

/** A whole number in a range, both ends included. */
/* @__NO_SIDE_EFFECTS__ */
export function wholeNumber(least: number, most = Number.MAX_SAFE_INTEGER): Schema<number> {
  const range =
    most === Number.MAX_SAFE_INTEGER ? `of at least ${least}` : `from ${least} to ${most}`;
  const expected = `expected a whole number ${range}`;
  const isInRange = (value: number): boolean =>
    Number.isInteger(value) && value >= least && value <= most;
  return z.number(expected).check(z.refine(isInRange, expected));
}

/** A duration in milliseconds, which may be infinite. */
export const milliseconds = /* @__PURE__ */ expecting<number>(
  "milliseconds, at least 0",
  (given) => typeof given === "number" && given >= 0,
);

/** A function; it is not called here. */
/* @__NO_SIDE_EFFECTS__ */
export function callback<F extends (...given: never[]) => unknown>(): Schema<F> {
  return expecting<F>("a function", (given) => typeof given === "function");
}

/** An `AbortSignal`, also of another realm or of a polyfill. */
export const signal = /* @__PURE__ */ expecting<AbortSignal>(
  "an AbortSignal",
  (given) =>
    typeof given === "object" &&
    given !== null &&
    "aborted" in given &&
    typeof (given as Partial<AbortSignal>).addEventListener === "function",
);

/** Something to iterate over, not iterated over here. */
export const iterable = /* @__PURE__ */ expecting<Iterable<unknown>>(
  "an array or another synchronous iterable",
  (given) =>
    typeof (given as Iterable<unknown> | null | undefined)?.[Symbol.iterator] === "function",
);

/** RFC 3339 text or a Date. */
export const time = /* @__PURE__ */ field<Date, Date | string>((given, payload) => {
  const instant = readTime(given);
  return Number.isNaN(instant) ? refuse(payload, expectedTime(given), given) : new Date(instant);
});

/** Any decimal number, as a Decimal. */
export const decimal = /* @__PURE__ */ field<Decimal, DecimalInput>((given, payload) => {
  const number = readDecimal(given);
  return "problem" in number ? refuse(payload, number.problem, given) : number;
});

const AT_LEAST_ZERO = "expected a number that is at least 0";

/** A decimal number that is not negative, as a Decimal. */
export const amount = /* @__PURE__ */ field<Decimal, DecimalInput>((given, payload) => {
  const number = readDecimal(given);
  if ("problem" in number) return refuse(payload, number.problem, given);
  return number.isNegative() ? refuse(payload, AT_LEAST_ZERO, given) : number;
});

/** A decimal number that is not negative, as a scaled integer to compute with. */
export const exactAmount = /* @__PURE__ */ field<Exact, DecimalInput>((given, payload) => {
  const number = readExact(given);
  if ("problem" in number) return refuse(payload, number.problem, given);
  return number.coefficient < 0n ? refuse(payload, AT_LEAST_ZERO, given) : number;
});

export const costId = /* @__PURE__ */ matching(COST_ID, "cst_1");
export const productId = /* @__PURE__ */ matching(PRODUCT_ID, "prod_1");
export const merchantId = /* @__PURE__ */ matching(MERCHANT_ID, "org_1");
export const metricId = /* @__PURE__ */ matching(METRIC_ID, "bm_1");
export const externalId = /* @__PURE__ */ matching(EXTERNAL_ID, "customer-1");
export const currency = /* @__PURE__ */ matching(CURRENCY, "USD");
export const jsonPath = /* @__PURE__ */ matching(JSON_PATH, "$.usage.tokens");
export const aggregation = /* @__PURE__ */ oneOf(AGGREGATIONS);

/** The own members of an object, a copy without a prototype: no member is anything but a member. */
function membersOf(
  given: unknown,
  payload: Payload,
  what: string,
): Record<string, unknown> | undefined {
  try {
    return isRecord(given)
      ? Object.assign(Object.create(null), given)
      : refuse(payload, `expected ${what}`, given);
  } catch (thrown) {
    return refuse(payload, unreadable(thrown));
  }
}

/** Runs a schema on a part of a value, and gives the part's output even where it has issues. */
export function readPart<T>(
  schema: z.core.$ZodType<T>,
  value: unknown,
  payload: Payload,
  ...path: PropertyKey[]
): T {
  const { value: made, issues } = run(schema, value);
  for (const issue of issues) {
    payload.issues.push(
      path.length === 0 ? issue : { ...issue, path: [...path, ...(issue.path ?? [])] },
    );
  }
  return made;
}

/** Adds an issue about one of several fields, each of which may be right by itself. */
export type RefuseField = (message: string, ...path: PropertyKey[]) => void;

/** Refuses a range that does not end after it begins. */
export function inOrder(
  { from, to }: { readonly from?: unknown; readonly to?: unknown },
  refuseField: RefuseField,
): void {
  if (readTime(from) >= readTime(to)) refuseField("expected a time after from", "to");
}

interface ObjectOptions<Output> {
  /** Whether members are read in place: only of a tree that JSON.parse made, where a copy costs more than it saves. */
  readonly isParsed?: boolean;
  /** What is expected instead of a value that is no object. */
  readonly what?: string;
  /**
   * Checks fields together; those that are wrong by themselves are undefined or as they were given. `members` are all
   * members as they were given.
   */
  readonly together?: (
    made: Partial<Output>,
    refuse: RefuseField,
    members: Readonly<Record<string, unknown>>,
  ) => void;
}

/** A schema of an object that tells the names of its fields. */
export type ObjectSchema<S extends Shape> = Schema<z.output<ObjectOf<S>>, z.input<ObjectOf<S>>> & {
  readonly fieldNames: readonly string[];
};

/** The fields of two shapes together. A spread does the same, but bundlers keep one that nobody uses. */
/* @__NO_SIDE_EFFECTS__ */
export function withFields<const S extends Shape, const More extends Shape>(
  shape: S,
  more: More,
): S & More {
  return { ...shape, ...more };
}

/** An object whose members outside of `shape` are up to `readOther`. */
/* @__NO_SIDE_EFFECTS__ */
export function objectWith<const S extends Shape>(
  shape: S,
  readOther: (
    made: Record<string, unknown>,
    name: string,
    value: unknown,
    payload: Payload,
  ) => void,
  { what = "an object", together, isParsed = false }: ObjectOptions<z.output<ObjectOf<S>>> = {},
): ObjectSchema<S> {
  const known = z.object(shape);
  const isKnown = new Set(Object.keys(shape));
  const schema: Schema<z.output<ObjectOf<S>>, z.input<ObjectOf<S>>> = field((given, payload) => {
    const members = isParsed && isRecord(given) ? given : membersOf(given, payload, what);
    if (members === undefined) return undefined;
    const read = run(known, members);
    if (read.issues.length > 0) payload.issues.push(...read.issues);
    const made = read.value as Record<string, unknown>;
    for (const name of Object.keys(members)) {
      if (!isKnown.has(name)) readOther(made, name, members[name], payload);
    }
    together?.(
      made as Partial<z.output<ObjectOf<S>>>,
      (message, ...path) => refuse(payload, message, undefined, ...path),
      members,
    );
    return made as z.output<ObjectOf<S>>;
  });
  return Object.assign(schema, { fieldNames: Object.keys(shape) });
}

/** An object that has no other members than those of `shape`: for arguments. */
/* @__NO_SIDE_EFFECTS__ */
export function strictObject<const S extends Shape>(
  shape: S,
  options?: ObjectOptions<z.output<ObjectOf<S>>>,
): ObjectSchema<S> {
  const message = `unknown field: expected ${Object.keys(shape).join(", ")}`;
  return objectWith(
    shape,
    (_made, name, _value, payload) => refuse(payload, message, undefined, name),
    options,
  );
}

/** An object of which only the members of `shape` are read; others are left out. */
/* @__NO_SIDE_EFFECTS__ */
export function pickedObject<const S extends Shape>(
  shape: S,
  options?: ObjectOptions<z.output<ObjectOf<S>>>,
): ObjectSchema<S> {
  return objectWith(shape, () => undefined, options);
}

/** An array; each item is read. */
/* @__NO_SIDE_EFFECTS__ */
export function list<S extends z.core.$ZodType>(item: S, what = "an array"): z.ZodMiniArray<S> {
  return z.array(item, `expected ${what}`);
}

/** One text that is not empty, or an array of at least one. */
/* @__NO_SIDE_EFFECTS__ */
export function oneOrMore(what: string): Schema<string[], string | readonly string[]> {
  const id = filledText(what);
  const ids = list(id);
  return field((given, payload) => {
    if (!Array.isArray(given)) return [readPart(id, given, payload)];
    return given.length > 0
      ? readPart(ids, given, payload)
      : refuse(payload, `expected ${what}, or an array of at least one`, given);
  });
}

/**
 * Names of dimensions. Text is split at commas and trimmed, and text of spaces only has no name; an array holds names as
 * they are. Each name is kept once.
 */
/* @__NO_SIDE_EFFECTS__ */
export function namesOf(name: Schema<string>): Schema<string[], string | readonly string[]> {
  const names = list(name, "names of dimensions: an array, or text with commas between them");
  return field((given, payload) => {
    const isText = typeof given === "string";
    const split = isText && given.trim() !== "" ? given.split(",").map((each) => each.trim()) : [];
    if (split.includes(""))
      return refuse(payload, "expected a name before and after each comma", given);
    const made = readPart(names, isText ? split : given, payload);
    return Array.isArray(made) ? [...new Set(made)] : undefined;
  });
}

/** Refuses the `member` of each item whose key an earlier item of the list has. An undefined key is no key. */
export function refuseRepeated<Item>(
  items: readonly Item[] | undefined,
  payload: Payload,
  member: string,
  keyOf: (item: Item) => string | number | undefined,
  message: (key: string | number) => string,
): void {
  const seen = new Set<string | number>();
  // What is no list was refused before.
  for (const [index, item] of Array.isArray(items) ? items.entries() : []) {
    const key = item === undefined ? undefined : keyOf(item);
    if (key === undefined) continue;
    if (seen.has(key)) refuse(payload, message(key), key, index, member);
    seen.add(key);
  }
}

/** An object from any name to a value; each value is read, and each name where there is a schema for names. */
/* @__NO_SIDE_EFFECTS__ */
export function record<Output, Input>(
  value: Schema<Output, Input>,
  { what = "an object from name to value", name }: { what?: string; name?: Schema<string> } = {},
): Schema<Record<string, Output>, Readonly<Record<string, Input>>> {
  return field((given, payload) => {
    const members = membersOf(given, payload, what);
    if (members === undefined) return undefined;
    const made: Record<string, Output> = {};
    for (const key of Object.keys(members)) {
      if (name !== undefined) readPart(name, key, payload, key);
      defineMember(made, key, readPart(value, members[key], payload, key));
    }
    return made;
  });
}

const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const HEADER_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;
// A header's value stays out of every message: it may be a secret. So does a name that is none.
const headerValues = /* @__PURE__ */ record(
  /* @__PURE__ */ expecting<string>(
    "text without line breaks",
    (given) => typeof given === "string" && HEADER_VALUE.test(given),
  ),
);

/** Headers of HTTP, by name. */
export const headers = /* @__PURE__ */ field<
  Record<string, string>,
  Readonly<Record<string, string>> | Headers
>((input, payload) => {
  const given = input instanceof Headers ? Object.fromEntries(input) : input;
  if (isRecord(given) && !Object.keys(given).every((name) => HEADER_NAME.test(name))) {
    return refuse(payload, "expected names that HTTP allows");
  }
  return readPart(headerValues, given, payload);
});
