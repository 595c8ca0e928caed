import { pathText } from "../engine/event-values.ts";
import { InvalidInputError, type Issue } from "../errors.ts";
import type { Parameters } from "./parameters.ts";
import type { ColumnCheck, Needs, Reading } from "./row-reading.ts";
import { type CheckedPlace, type CheckedTypedData, EVENT, quoted } from "./source.ts";

/** Reads the typed layout; throws an `InvalidInputError` for a path that has no column. */
export function readTypedColumns(
  data: CheckedTypedData,
  needs: Needs,
  parameters: Parameters,
): Reading {
  const issues: Issue[] = [];
  const checks: ColumnCheck[] = [];
  const take = ({ column, key }: CheckedPlace, type: ColumnCheck["type"]): string => {
    let sql = `${EVENT}.${quoted(column)}`;
    if (key !== undefined) {
      const name = parameters.text(key);
      sql = `if(mapContains(${sql}, ${name}), ${sql}[${name}], NULL)`;
    }
    checks.push({ sql, column: key === undefined ? column : `${column}['${key}']`, type });
    return sql;
  };
  let value: Reading["value"];
  if (needs.value !== undefined) {
    const path = pathText(needs.value.path);
    const found = data.values.get(path);
    if (found === undefined) {
      issues.push({ path: ["source", "data", "values", path], message: "expected a column" });
    } else {
      const { column, type } = found;
      if (needs.value.role === "unique") {
        const sql = take(column, type === "text" ? "unique" : type);
        value = { kind: "unique", sql: type === "text" ? `toString(${sql})` : sql };
      } else value = { kind: type, sql: take(column, type) };
      // ClickHouse would add up integers in 64 bits, and negate one without a sign to another number.
      if (type === "integer") value = { ...value, sql: `toDecimal128(${value.sql}, 0)` };
    }
  }
  const dimensions = needs.dimensions.map((way) => {
    const path = pathText(way);
    const column = data.dimensions.get(path);
    if (column !== undefined) return `ifNull(toString(${take(column, "dimension")}), '')`;
    issues.push({ path: ["source", "data", "dimensions", path], message: "expected a column" });
    return "''";
  });
  if (issues.length > 0) {
    throw new InvalidInputError("The source has no column for a path of the cost", issues);
  }
  return { aliases: [], ...(value && { value }), dimensions, checks };
}
