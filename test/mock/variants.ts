import fc from "fast-check";

/** Values of every kind, right in some places and wrong in most. */
export const odd = fc.constantFrom<unknown>(
  null,
  true,
  0,
  -1,
  -0.5,
  1e21,
  2.5e-7,
  "",
  " ",
  "x",
  "metered",
  "SUM",
  "COUNT",
  "UNIQUE_COUNT",
  "LATEST",
  "sum",
  "USD",
  "usd",
  "USD\n",
  "US",
  "prod_1",
  "prod_",
  "org_1",
  "org_ä",
  "cst_1",
  "$.a",
  "$.a.b_1",
  "$.a.",
  "$",
  "$.a-b",
  "$.a\n",
  "a".repeat(255),
  "a".repeat(256),
  "customer-1_B",
  "2026-06-01T10:00:00Z",
  "2026-06-01t10:00:00.5z",
  "2026-06-01T10:00:00",
  "2026-02-30T10:00:00Z",
  "2026-06-01",
  [],
  ["$.a"],
  {},
  { model: "$.model" },
  { model: "model" },
  { a: "$.a", b: null },
  { "": "$.a" },
);

/** The base with some fields changed, some left out, and perhaps one that is unknown. */
export const variantOf = (base: object, fields: readonly string[]) =>
  fc
    .record({
      changes: fc.dictionary(fc.constantFrom(...fields), odd, { maxKeys: 2 }),
      left: fc.oneof(fc.constant<string[]>([]), fc.subarray([...fields], { maxLength: 2 })),
      unknown: fc.oneof(
        { weight: 5, arbitrary: fc.constant(undefined) },
        { weight: 1, arbitrary: fc.constantFrom("colour", "id", "constructor", "toString") },
      ),
      empty: fc.integer({ min: 0, max: 20 }).map((value) => value === 0),
    })
    .map(({ changes, left, unknown, empty }) => {
      const merged = Object.entries({ ...(empty ? {} : base), ...changes }).filter(
        ([name]) => !left.includes(name),
      );
      return Object.fromEntries(unknown === undefined ? merged : [...merged, [unknown, 1]]);
    });
