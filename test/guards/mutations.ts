import fc from "fast-check";
import { LongNumber } from "../../src/json.ts";

type Path = readonly string[];

const isBranch = (value: unknown): value is Readonly<Record<string, unknown>> => {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return Array.isArray(value) || prototype === Object.prototype || prototype === null;
};

/** The ways to all values of a tree, its root first. */
function pathsOf(tree: unknown, path: Path = []): Path[] {
  if (!isBranch(tree)) return [path];
  const inside = Object.keys(tree).flatMap((key) => pathsOf(tree[key], [...path, key]));
  return [path, ...inside];
}

function valueAt(tree: unknown, path: Path): unknown {
  return path.reduce<unknown>((value, step) => (value as Record<string, unknown>)[step], tree);
}

/** The same tree with the members of one branch replaced. */
function withBranch(
  tree: unknown,
  path: Path,
  change: (members: [string, unknown][]) => [string, unknown][],
): unknown {
  if (!isBranch(tree)) return tree;
  const [first, ...rest] = path;
  const members =
    first === undefined
      ? change(Object.entries(tree))
      : Object.entries(tree).map(([key, value]): [string, unknown] =>
          key === first ? [key, withBranch(value, rest, change)] : [key, value],
        );
  return Array.isArray(tree) ? members.map(([, value]) => value) : Object.fromEntries(members);
}

/** The same tree with one value replaced, the root too. */
function withValue(tree: unknown, path: Path, change: (value: unknown) => unknown): unknown {
  const last = path.at(-1);
  if (last === undefined) return change(tree);
  return withBranch(tree, path.slice(0, -1), (members) =>
    members.map(([key, value]) => (key === last ? [key, change(value)] : [key, value])),
  );
}

const VALUES: readonly unknown[] = [
  null,
  "",
  " ",
  "text",
  "a,b",
  "model,,region",
  "__other__",
  0,
  -1,
  0.5,
  1.5,
  26,
  101,
  256,
  2 ** 53,
  1e21,
  -1e300,
  true,
  false,
  [],
  {},
  [null],
  [""],
  ["model"],
  [" model"],
  ["cst_1", "cst_"],
  { model: "$.model" },
  { model: "model" },
  { model: 3 },
  { "a,b": "$.a" },
  { " model": "$.model", "": "$" },
  { a: "1", b: "2", c: "3", d: "4", e: "5", f: "6" },
  JSON.parse('{"__proto__": "$.a"}'),
  JSON.parse('{"__proto__": 3}'),
  { model: "m".repeat(4_100) },
  { tokens: 3n },
  "cst_1",
  "cst_",
  "cst_ä",
  "prod_1",
  "org_1",
  "a".repeat(256),
  "metered",
  "cost",
  "list",
  "SUM",
  "COUNT",
  "sum",
  "MEDIAN",
  "MONTH",
  "MINUTE",
  "USD",
  "usd",
  "USDX",
  "$.a",
  "$.a.",
  "$.a[0]",
  "$",
  "1.5",
  "1e9999",
  "Infinity",
  "2026-06-01T00:00:00Z",
  "2026-06-01T24:00:00Z",
  "2026-06-01T00:60:00Z",
  "2026-02-29T00:00:00Z",
  "2024-02-29T00:00:00Z",
  "2026-06-01T00:00:00",
  "2026-06-01T00:00:00.Z",
  "2026-06-01T00:00:00,5Z",
  "2026-06-01T00:00:00+24:00",
  "2026-06-01T00:00:00+02:60",
  "2026-06-01T00:00:00+0200",
  "2026-06-01T00:00:00-05",
  "2026-06-01 00:00:00Z",
  "2026-06-01_00:00:00Z",
  "2016-12-31T23:59:60Z",
  "2016-12-31T12:00:60Z",
  "26-06-01T00:00:00Z",
  "+002026-06-01T00:00:00Z",
  "2026-06-01",
  "1780272000000",
];
/** What only a program can pass, or only an answer's text can hold. */
const REQUEST_VALUES: readonly unknown[] = [
  ...VALUES,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  10n,
  new Date("2026-06-01T00:00:00Z"),
  new Date(Number.NaN),
];
const ANSWER_VALUES: readonly unknown[] = [
  ...VALUES.filter(
    (value) =>
      !JSON.stringify(value, (_, item) => (typeof item === "bigint" ? "bigint" : item)).includes(
        "bigint",
      ),
  ),
  ...["1e400", "12345678901234567", "0.12345678901234567890", "1.0000000000000000"].map(
    (digits) => new LongNumber(digits),
  ),
];
const NAMES = ["extra", "__proto__", "constructor", "model", "a,b", " model", "", "id", "Name"];

/** The same thing as another type. */
function retyped(value: unknown): unknown {
  switch (typeof value) {
    case "string":
      return value.trim() === "" || Number.isNaN(Number(value)) ? [value] : Number(value);
    case "number":
    case "boolean":
    case "bigint":
      return String(value);
    default:
      return Array.isArray(value) ? Object.fromEntries(value.entries()) : [value];
  }
}

/** Nearly the same thing. */
function edited(value: unknown, choice: number): unknown {
  if (typeof value === "string") {
    const edits = [
      `${value}\n`,
      ` ${value}`,
      `${value},`,
      value.toLowerCase(),
      value.toUpperCase(),
      value.slice(0, -1),
      value.slice(1),
      value.replace("T", " "),
      value.replace(/:(\d\d)$/, "$1"),
      value.replace(/:\d\d(?=[.zZ+-])/, ":60"),
      value + value,
      `${value}é`,
    ];
    return edits[choice % edits.length];
  }
  if (typeof value === "number") {
    const edits = [-value, value + 0.5, value * 1_000, value - 1, value + 1, value * 1e300];
    return edits[choice % edits.length];
  }
  return value;
}

type Mutation = (tree: unknown, values: readonly unknown[]) => unknown;

const KINDS = ["drop", "add", "replace", "retype", "edit", "copy", "rename", "wrap"] as const;

const mutation: fc.Arbitrary<Mutation> = fc
  .record({
    kind: fc.constantFrom(...KINDS),
    where: fc.nat({ max: 10_000 }),
    choice: fc.nat({ max: 10_000 }),
  })
  .map(({ kind, where, choice }) => (tree, values) => {
    const paths = pathsOf(tree);
    const path = paths[where % paths.length] ?? [];
    const last = path.at(-1);
    const value = values[choice % values.length];
    const name = NAMES[choice % NAMES.length] ?? "extra";
    const parent = path.slice(0, -1);
    switch (kind) {
      case "drop":
        return withBranch(tree, parent, (members) => members.filter(([key]) => key !== last));
      case "add":
        return withBranch(tree, isBranch(valueAt(tree, path)) ? path : parent, (members) => [
          ...members,
          [name, values[where % values.length]],
        ]);
      case "replace":
        return withValue(tree, path, () => value);
      case "retype":
        return withValue(tree, path, retyped);
      case "edit":
        return withValue(tree, path, (old) => edited(old, choice));
      case "copy":
        return withValue(tree, path, () => valueAt(tree, paths[choice % paths.length] ?? []));
      case "rename":
        return withBranch(tree, parent, (members) =>
          members.map(([key, old]) => [key === last ? name : key, old]),
        );
      case "wrap":
        return withValue(tree, path, (old) => [old]);
    }
  });

/** Payloads like the given ones, a third of them as they are and the others changed in one to three places. */
export function mutated(
  payloads: fc.Arbitrary<unknown>,
  kind: "request" | "answer",
): fc.Arbitrary<unknown> {
  const values = kind === "request" ? REQUEST_VALUES : ANSWER_VALUES;
  const mutations = fc.oneof(
    { weight: 1, arbitrary: fc.constant<Mutation[]>([]) },
    { weight: 2, arbitrary: fc.array(mutation, { minLength: 1, maxLength: 3 }) },
  );
  return fc
    .tuple(payloads, mutations)
    .map(([payload, changes]) => changes.reduce((tree, change) => change(tree, values), payload));
}
