import type { Path } from "../engine/event-values.ts";
import { InvalidInputError, type Issue } from "../errors.ts";
import type { ColumnCheck, Needs, Reading } from "./reading.ts";
import { type CheckedTypedData, quoted } from "./source.ts";

const pathText = (path: Path): string => `$.${path.join(".")}`;

/** Reads the typed layout; throws an `InvalidInputError` for a path that has no column. */
export function readTypedColumns(data: CheckedTypedData, needs: Needs): Reading {
  const issues: Issue[] = [];
  const checks: ColumnCheck[] = [];
  const take = (column: string, type: ColumnCheck["type"]): string => {
    const sql = `event.${quoted(column)}`;
    checks.push({ sql, column, type });
    return sql;
  };
  let value: Reading["value"];
  if (needs.value !== undefined) {
    const path = pathText(needs.value.path);
    const found = data.values.get(path);
    if (found === undefined) {
      issues.push({ path: ["source", "data", "values", path], message: "expected a column" });
    } else {
      const kind = needs.value.role === "unique" ? "unique" : found.type;
      value = { kind, sql: take(found.column, found.type) };
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
