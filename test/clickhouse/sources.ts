import { Decimal } from "decimal.js";
import type { ClickHouseSource } from "metered-costs/clickhouse";
import type { CostDefinition, CostEvent } from "metered-costs/summary";
import { jsonTree } from "../../src/values/json-form.ts";
import { LosslessNumber, stringifyJson } from "../../src/values/lossless-json.ts";

const Unlimited = Decimal.clone({ defaults: true });

export const LAYOUTS = ["typed", "text", "json"] as const;
export type Layout = (typeof LAYOUTS)[number];

/** A cost of one dimension. */
export const SUM_BY_D = {
  unitCost: "0.5",
  aggregation: "SUM",
  eventType: "call",
  valueProperty: "$.v",
  groupBy: { d: "$.d" },
} as const;

/** What any aggregation of the random events needs: a path of two names, one that objects inherit, two of one path. */
export const ODD_DIMENSIONS = {
  unitCost: "0.0000025",
  eventType: "call",
  valueProperty: "$.v",
  merchantId: "org_1",
  groupBy: { d: "$.d", e: "$.n.e", __p: "$.__proto__", "x,y": "$.n.e" },
};

/** A source in which every path of the cost has its place. */
export function sourceOf(
  layout: Layout,
  cost: CostDefinition,
  rest: {
    readonly table: string;
    readonly unique: boolean;
    readonly received?: string | undefined;
  },
): ClickHouseSource {
  const { table, unique, received = "received" } = rest;
  const paths = [...new Set(Object.values(cost.groupBy ?? {}))];
  const { valueProperty } = cost;
  const data: ClickHouseSource["data"] =
    layout === "typed"
      ? {
          layout,
          ...(typeof valueProperty === "string" && {
            values: { [valueProperty]: { column: "quantity", type: "text" } },
          }),
          dimensions: Object.fromEntries(paths.map((path, index) => [path, `dimension${index}`])),
        }
      : { layout, column: "data" };
  return { table, data, unique, received };
}

/** The event's data as the wire has it, each number in its own digits as `{ number }`. */
function withNumbersApart(event: CostEvent): unknown {
  const json = stringifyJson(jsonTree(event.data));
  const apart = json.replace(/("(?:[^"\\]|\\.)*")|(-?\d[\d.eE+-]*)/g, (_, text, number) =>
    text === undefined ? `{"number":"${number}"}` : text,
  );
  return JSON.parse(apart);
}

function everyLeaf(
  tree: unknown,
  isFine: (leaf: unknown, name: string) => boolean,
  name = "",
): boolean {
  if (typeof tree !== "object" || tree === null) return isFine(tree, name);
  return Object.entries(tree).every(([key, member]) => everyLeaf(member, isFine, key));
}

/** Whether `Decimal(76, 38)` can hold each number of an event, 24 of them summed, and UTF-8 each of its texts. */
export function isHeld(event: CostEvent): boolean {
  return everyLeaf(withNumbersApart(event), (leaf) => {
    if (typeof leaf !== "string") return true;
    if (/\p{Surrogate}/u.test(leaf)) return false;
    if (!/^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i.test(leaf)) return true;
    const number = new Unlimited(leaf);
    return number.isZero() || (number.e < 36 && number.decimalPlaces() <= 38);
  });
}

/** Whether the JSON type can store a value: an integer that is written without an exponent has its bounds. */
function isStored(value: unknown): boolean {
  if (typeof value !== "number" || !/^-?\d+$/.test(String(value))) return true;
  const integer = BigInt(String(value));
  return integer >= -(2n ** 63n) && integer < 2n ** 64n;
}

/** Whether the JSON type takes a text for a time, which it does not give back as it was. */
function isTime(value: unknown): boolean {
  return typeof value === "string" && /^\d{4}-\d\d-\d\d/.test(value);
}

/** Whether the JSON type keeps apart what an event has: neither null nor objects, arrays or times where values are. */
export function isKeptByJsonType(event: CostEvent): boolean {
  const { n, ...others } = jsonTree(event.data) as Record<string, unknown>;
  // Both have a member v.
  const members = [...Object.entries(others), ...Object.entries(isPlainObject(n) ? n : { n })];
  return members.every(
    ([name, value]) =>
      /^\w+$/.test(name) &&
      isStored(value) &&
      !isTime(value) &&
      (typeof value !== "object" || value instanceof LosslessNumber),
  );
}

function isPlainObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
