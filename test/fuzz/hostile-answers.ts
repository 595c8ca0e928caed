import fc from "fast-check";
import { ESCAPED_KEY, hostile, hostileText, KEY, type Recipes } from "./hostile-values.ts";

/** JSON number literals that are hard on a parser. */
const numberLiteral = fc.constantFrom(
  "0",
  "-0",
  "1",
  "-1",
  "0.1",
  "1e4000",
  "-1e-4000",
  "1E+400",
  "12345678901234567890.123456789",
  "9".repeat(10_000),
  `0.${"0".repeat(10_000)}1`,
  `1e${"9".repeat(2_000)}`,
  "1e1000",
  "1e1001",
  "1.0",
  "01",
  "+1",
  ".5",
  "1.",
  "NaN",
);
const name = fc.oneof(
  fc.constantFrom("__proto__", "constructor", "toString", "id", "data", "groups", "cost", KEY),
  hostileText.filter((text) => text.length < 100),
);
const spelled = fc.constantFrom(JSON.stringify(KEY), `"${ESCAPED_KEY}"`, `"Bearer ${KEY}"`);
/** JSON, and what almost is. */
export const { json: jsonText } = fc.letrec<{
  json: string;
  leaf: string;
  list: string;
  object: string;
}>((tie) => ({
  leaf: fc.oneof(
    numberLiteral,
    spelled,
    hostileText.map((text) => JSON.stringify(text)),
    fc.constantFrom("null", "true", "false", "[]", "{}", "undefined", '"\\ud800"', '"\\u0000"'),
  ),
  list: fc.array(tie("json"), { maxLength: 3 }).map((items) => `[${items.join(",")}]`),
  object: fc
    .array(fc.tuple(name, tie("json")), { maxLength: 4 })
    .map((members) => `{${members.map(([key, value]) => `${JSON.stringify(key)}:${value}`)}}`),
  json: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    tie("leaf"),
    tie("object"),
    tie("list"),
  ),
}));
const deep = fc
  .constantFrom<[string, string, string]>(
    ["[", "", "]"],
    ['{"a":', "1", "}"],
    ['{"groups":[', "1", "]}"],
  )
  .chain(([open, middle, close]) =>
    fc.constantFrom(100, 5_000).map((depth) => open.repeat(depth) + middle + close.repeat(depth)),
  );

/** Every place in a JSON value, as a path. */
function pathsOf(value: unknown, path: readonly PropertyKey[] = []): (readonly PropertyKey[])[] {
  const own: (readonly PropertyKey[])[] = path.length === 0 ? [] : [path];
  if (typeof value !== "object" || value === null) return own;
  return own.concat(
    Object.entries(value).flatMap(([key, member]) => pathsOf(member, [...path, key])),
  );
}

/** The JSON text of a value in which some places have another text, whatever that says. */
function textWith(value: unknown, replacements: ReadonlyMap<string, string>, path = ""): string {
  const replaced = replacements.get(path);
  if (replaced !== undefined) return replaced;
  if (Array.isArray(value)) {
    return `[${value.map((item, index) => textWith(item, replacements, `${path}/${index}`))}]`;
  }
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const members = Object.entries(value).map(
    ([key, member]) => `${JSON.stringify(key)}:${textWith(member, replacements, `${path}/${key}`)}`,
  );
  const more = replacements.get(`${path}/*`);
  return `{${more === undefined ? members : [...members, more]}}`;
}

/** Bodies like a good one, and others. */
export function bodyLike(good: object): fc.Arbitrary<string | Uint8Array<ArrayBuffer>> {
  const paths = pathsOf(good).map((path) => path.map((step) => `/${String(step)}`).join(""));
  const alike = fc
    .record({
      replaced: fc.array(
        fc.tuple(
          fc.constantFrom(...(paths.length === 0 ? ["/id"] : paths)),
          fc.oneof(jsonText, deep),
        ),
        {
          maxLength: 3,
        },
      ),
      more: fc.option(
        fc.tuple(name, jsonText).map(([key, value]) => `${JSON.stringify(key)}:${value}`),
        { freq: 3, nil: undefined },
      ),
    })
    .map(({ replaced, more }) =>
      textWith(
        good,
        new Map([...replaced, ...(more === undefined ? [] : [["/*", more] as const])]),
      ),
    );
  return fc.oneof(
    { weight: 8, arbitrary: alike },
    { weight: 2, arbitrary: jsonText },
    { weight: 1, arbitrary: deep },
    {
      weight: 1,
      arbitrary: fc.tuple(alike, fc.nat(400)).map(([text, at]) => text.slice(0, at)),
    },
    { weight: 1, arbitrary: fc.string({ unit: "binary", maxLength: 50 }) },
    {
      weight: 1,
      arbitrary: fc.uint8Array({ maxLength: 50 }) as fc.Arbitrary<Uint8Array<ArrayBuffer>>,
    },
    { weight: 1, arbitrary: fc.constantFrom("", " ", "<html>", "﻿{}", `<p>${KEY}</p>`) },
  );
}

const ERROR = {
  message: `no ${KEY}`,
  error: "bad_request",
  code: "TAX_NOT_ENABLED",
  details: { a: [KEY] },
  errors: [{ field: "name", message: "no", code: KEY }],
};
const headers = fc.dictionary(
  fc.constantFrom("retry-after", "content-type", "x-request-id", "location", "set-cookie"),
  fc.oneof(
    fc.constantFrom(
      "0",
      "1e400",
      "-1",
      "9".repeat(400),
      "Sun, 06 Nov 1994 08:49:37 GMT",
      KEY,
      "a b",
    ),
    fc.constantFrom(`sun${"s".repeat(5_000)}`, `sun ${"1:".repeat(3_000)}`, "application/json"),
    fc.string({ maxLength: 10 }).filter((text) => /^[\x20-\x7e]*$/.test(text)),
  ),
  { maxKeys: 3, noNullPrototype: true },
);
/** Texts of a server that are too long for an error. */
const LONG_ERROR = JSON.stringify({
  message: `no ${"x".repeat(40_000)}`,
  error: "e".repeat(20_000),
  code: "C".repeat(20_000),
  errors: [{ field: "f".repeat(5_000), message: "m".repeat(5_000), code: KEY }],
});
const WITHOUT_BODY = [204, 205, 304];

/** A fetch that answers anything, or nothing. `good` is the answer that is like what was asked for. */
export function hostileFetch(good: object, status = 200): Recipes<typeof globalThis.fetch> {
  const answer = fc
    .record({
      status: fc.oneof(
        { weight: 6, arbitrary: fc.constant(status) },
        { weight: 1, arbitrary: fc.constantFrom(200, 201, 202, 204, 205, 206, 299) },
        {
          weight: 3,
          arbitrary: fc.constantFrom(300, 302, 304, 307, 400, 401, 403, 404, 408, 409, 418, 422),
        },
        { weight: 2, arbitrary: fc.constantFrom(429, 500, 502, 503, 504, 599) },
      ),
      headers,
      good: bodyLike(good),
      error: fc.oneof(
        { weight: 9, arbitrary: bodyLike(ERROR) },
        { weight: 1, arbitrary: fc.constant(LONG_ERROR) },
      ),
    })
    .map(
      ({ status, headers, good, error }): (() => unknown) =>
        () =>
          new Response(WITHOUT_BODY.includes(status) ? null : status < 300 ? good : error, {
            status,
            headers,
          }),
    );
  const nonsense = fc.oneof(
    hostile,
    hostile.map((make) => () => {
      throw make();
    }),
    hostile.map((make) => () => Promise.reject(make())),
    fc.tuple(hostile, hostile, hostile).map(([status, headers, body]) => () => ({
      status: status(),
      headers: headers(),
      body: body(),
      text: body,
    })),
    fc.constant(() => Promise.reject(new TypeError(`fetch failed for ${KEY}`))),
  );
  return fc
    .oneof({ weight: 9, arbitrary: answer }, { weight: 1, arbitrary: nonsense })
    .map((make) => () => (async () => make()) as typeof globalThis.fetch);
}
