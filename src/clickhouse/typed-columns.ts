import type { Path } from "../engine/event-values.ts";
import { InvalidInputError, type Issue } from "../errors.ts";
import type { ColumnCheck, Needs, Reading } from "./reading.ts";
import { type CheckedTypedData, quoted } from "./source.ts";

const pathText = (path: Path): string => `$.${path.join(".")}`;

/** Reads the typed layout; throws an `InvalidInputError` for a path that has no column. */
export function readTypedColumns(data: CheckedTypedData, needs: Needs): Reading {
  const issues: Issue[] = [];
  const checks: ColumnCheck[] = [];
  const columns: string[] = [];
  const take = (column: string, name: string, type: ColumnCheck["type"]): void => {
    columns.push(`event.${quoted(column)} AS ${name}`);
    checks.push({ sql: name, column, type });
  };
  let value: Reading["value"];
  if (needs.value !== undefined) {
    const path = pathText(needs.value.path);
    const found = data.values.get(path);
    if (found === undefined) {
      issues.push({ path: ["source", "data", "values", path], message: "expected a column" });
    } else {
      take(found.column, "event_value", found.type);
      const kind = needs.value.role === "unique" ? "unique" : found.type;
      value = { kind, sql: "event_value" };
    }
  }
  const dimensions = needs.dimensions.map((way, index) => {
    const path = pathText(way);
    const column = data.dimensions.get(path);
    if (column === undefined) {
      issues.push({ path: ["source", "data", "dimensions", path], message: "expected a column" });
    } else take(column, `event_dimension_${index}`, "dimension");
    return `ifNull(toString(event_dimension_${index}), '')`;
  });
  if (issues.length > 0) {
    throw new InvalidInputError("The source has no column for a path of the cost", issues);
  }
  return { columns, steps: [], ...(value && { value }), dimensions, checks };
}
