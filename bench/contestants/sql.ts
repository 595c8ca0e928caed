import {
  type Dimension,
  dayName,
  groupName,
  type Question,
  type Row,
  TOTAL,
  UNIT_COST,
} from "../question.ts";

/** Totals, groups and days in one statement. `source` has `day`, `time`, `tokens` and the dimensions of what counts. */
export function breakdownSql(
  source: string,
  { aggregation, groupBy }: Question,
  aggregates: Readonly<Record<Question["aggregation"], string>>,
): string {
  const dimensions = groupBy.join(", ");
  return `
    select ${dimensions}, day, ${aggregates[aggregation]} as quantity,
      quantity * cast(${UNIT_COST} as decimal(8, 7)) as cost
    from (${source}) group by grouping sets ((), (${dimensions}), (day))`;
}

/** The rows of `breakdownSql`: null where a column is not grouped by. */
export function rowsOfBreakdown(rows: readonly (readonly unknown[])[]): Row[] {
  return rows.map((row) => {
    const [quantity, cost] = row.slice(-2);
    const day = row.at(-3);
    const values = row.slice(0, -3) as (string | null)[];
    if (day !== null) return [dayName(Number(day)), quantity, cost];
    return [values[0] === null ? TOTAL : groupName(values as string[]), quantity, cost];
  });
}

/** The dimensions' members of an event's data, typed: `model VARCHAR, region VARCHAR`. */
export function columns(dimensions: readonly Dimension[], type: string): string {
  return dimensions.map((dimension) => `${dimension} ${type}`).join(", ");
}
