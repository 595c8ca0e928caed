import fc from "fast-check";
import { LosslessNumber } from "../../src/values/lossless-json.ts";

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

const AGGREGATIONS = ["SUM", "COUNT", "AVG", "MIN", "MAX", "UNIQUE_COUNT", "LATEST"];
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
  ...AGGREGATIONS,
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
const REQUEST_VALUES: readonly unknown[] = [
  ...VALUES,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  10n,
  new Date("2026-06-01T00:00:00Z"),
  new Date(Number.NaN),
  new Map([["model", "$.model"]]),
];
const ANSWER_VALUES: readonly unknown[] = [
  ...VALUES.filter(
    (value) =>
      !JSON.stringify(value, (_, item) => (typeof item === "bigint" ? "bigint" : item)).includes(
        "bigint",
      ),
  ),
  ...["1e400", "12345678901234567", "0.12345678901234567890", "1.0000000000000000"].map(
    (digits) => new LosslessNumber(digits),
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

/** Nearly the same thing, in every way there is. */
function edits(value: unknown): unknown[] {
  if (typeof value === "string") {
    return [
      `${value}\n`,
      ` ${value}`,
      `${value},`,
      `${value}é`,
      value + value,
      value.toLowerCase(),
      value.toUpperCase(),
      value.slice(0, -1),
      value.slice(1),
      value.replace("T", " "),
      value.replace(/:(\d\d)$/, "$1"),
      value.replace(/:\d\d(?=[.zZ+-])/, ":60"),
    ];
  }
  if (typeof value === "number") {
    return [-value, value + 0.5, value * 1_000, value - 1, value + 1, value * 1e300];
  }
  return [];
}

type Change = () => unknown;

/** Every single change of a tree at one place, each of them to be made when it is wanted. */
function changesAt(tree: unknown, path: Path, values: readonly unknown[]): Change[] {
  const last = path.at(-1);
  const parent = path.slice(0, -1);
  const old = valueAt(tree, path);
  const replaced = (value: unknown): Change => {
    return () => withValue(tree, path, () => value);
  };
  const added = (name: string, value: unknown): Change => {
    return () => withBranch(tree, path, (members) => [...members, [name, value]]);
  };
  const renamed = (name: string): Change => {
    return () =>
      withBranch(tree, parent, (members) =>
        members.map(([key, value]) => [key === last ? name : key, value]),
      );
  };
  const dropped: Change = () =>
    withBranch(tree, parent, (members) => members.filter(([key]) => key !== last));
  const siblings = last === undefined ? [] : Object.values(valueAt(tree, parent) as object);
  return [
    ...(last === undefined ? [] : [dropped, ...NAMES.map(renamed)]),
    ...(isBranch(old) ? NAMES.flatMap((name) => [added(name, "$.a"), added(name, null)]) : []),
    ...[...values, ...edits(old), ...siblings, [old], retyped(old)].map(replaced),
  ];
}

/** What a program can pass, and what an answer's text can hold. */
const valuesFor = (kind: "request" | "answer"): readonly unknown[] =>
  kind === "request" ? REQUEST_VALUES : ANSWER_VALUES;

/** Everything that is one change away from a payload. */
export function neighbours(payload: unknown, kind: "request" | "answer"): unknown[] {
  return pathsOf(payload)
    .flatMap((path) => changesAt(payload, path, valuesFor(kind)))
    .map((change) => change());
}

/** Payloads like the given ones, a third of them as they are and the others changed one to three times. */
export function mutated(
  payloads: fc.Arbitrary<unknown>,
  kind: "request" | "answer",
): fc.Arbitrary<unknown> {
  const choice = fc.nat({ max: 1_000_000 });
  const choices = fc.oneof(
    { weight: 1, arbitrary: fc.constant<[number, number][]>([]) },
    { weight: 2, arbitrary: fc.array(fc.tuple(choice, choice), { minLength: 1, maxLength: 3 }) },
  );
  return fc.tuple(payloads, choices).map(([payload, made]) =>
    made.reduce((tree, [where, which]) => {
      const paths = pathsOf(tree);
      const changes = changesAt(tree, paths[where % paths.length] ?? [], valuesFor(kind));
      return changes[which % changes.length]?.();
    }, payload),
  );
}
