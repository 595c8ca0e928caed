import { Decimal } from "decimal.js";
import type { ClickHouseSource } from "metered-costs/clickhouse";
import type { CostDefinition, CostEvent } from "metered-costs/summary";
import { stringifyJson } from "../../src/json.ts";
import { jsonTree } from "../../src/json-form.ts";

const Unlimited = Decimal.clone({ defaults: true });

export const LAYOUTS = ["typed", "text", "json"] as const;
export type Layout = (typeof LAYOUTS)[number];

/** A source in which every path of the cost has its place. */
export function sourceOf(
  layout: Layout,
  cost: CostDefinition,
  rest: { readonly table: string; readonly unique: boolean; readonly received?: string | undefined },
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

/** Whether ClickHouse can hold each number that an event has anywhere, and each of its texts. */
export function hasOnlyHeldNumbers(event: CostEvent, _cost: CostDefinition): boolean {
  const texts: string[] = [];
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) value.forEach(visit);
    else if (typeof value === "object" && value !== null) Object.values(value).forEach(visit);
    else if (value !== null) texts.push(String(value));
  };
  visit(JSON.parse(stringifyJson(jsonTree(event.data)).replace(/[-\d.eE+]{16,}(?=[,}\]])/g, '"$&"')));
  return texts.every((text) => {
    if (/\p{Surrogate}/u.test(text)) return false;
    if (!/^[+-]?[\d.]+(?:e[+-]?\d+)?$/i.test(text)) return true;
    const number = new Unlimited(/^[+-]?\.?$/.test(text) ? "0" : text);
    return number.isZero() || (number.e < 36 && number.decimalPlaces() <= 38);
  });
}
