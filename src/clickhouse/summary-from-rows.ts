import { compareTexts } from "../engine/text-order.ts";
import type { Issue } from "../errors.ts";
import type { Aggregation, CostSummary } from "../models.ts";
import { refuseInput } from "../schemas/input.ts";
import { summaryOf } from "../summary/summary-of.ts";
import { counted } from "../values/counted.ts";
import { decimalOf } from "../values/decimal.ts";
import { isRecord } from "../values/record.ts";
import {
  add,
  compare,
  divide,
  type Exact,
  MEAN_DIGITS,
  multiply,
  parseExact,
  ZERO,
} from "../values/scaled-integer.ts";
import { MOST_OUTSIDE } from "./aggregations.ts";
import { uniqueTextOfMarked } from "./marked-json.ts";
import { PLACES } from "./numbers-in-sql.ts";
import type { ColumnType } from "./row-reading.ts";
import { isText, readDefinition, type SummaryDefinition } from "./summary-definition.ts";

/** One row of the answer; all numbers are text. */
interface Row {
  readonly part: string;
  readonly dimensions: readonly string[];
  readonly window: string;
  readonly quantity: string;
  readonly counted: string;
  readonly sum: string;
  readonly greatest: string;
  readonly tied: string;
  readonly rest: readonly string[];
  readonly refused: string;
  readonly unreadable: string;
  readonly damaged: string;
  readonly types: readonly string[];
  readonly version: string;
  readonly engine: string;
  readonly definition: string;
}

/** The oldest ClickHouse whose functions and settings the query uses, and whose type JSON is not experimental. */
export const OLDEST = [25, 3] as const;

/** What a message begins with that says why ClickHouse gives no summary. */
export const CLICKHOUSE_REFUSED = "The summary cannot be computed in ClickHouse";
const TEXT_COLUMNS = [
  "part",
  "window",
  "quantity",
  "counted",
  "sum",
  "greatest",
  "tied",
  "refused",
  "unreadable",
  "damaged",
  "version",
  "engine",
  "definition",
] as const;
const EXPECTED_ROW = "expected a row of summaryQuery in the format JSONEachRow";
const LIST_COLUMNS = ["dimensions", "rest", "types"] as const;

const TYPES: Readonly<
  Record<
    ColumnType,
    { readonly pattern: RegExp; readonly except?: RegExp; readonly expected: string }
  >
> = {
  time: {
    pattern: /^DateTime(?:\('[^']*'\)|64\(\d(?:, '[^']*')?\))?$/,
    expected:
      "DateTime or DateTime64, not Nullable: an event without a time cannot be in a range. Store its time of receipt, or name a view that does",
  },
  name: {
    pattern:
      /^(?:LowCardinality\()?(?:Nullable\()?(?:(?:(?:Fixed)?String(?:\(\d+\))?|UUID)\)*|Enum(?:8|16)\(.*)$/,
    expected:
      "String, FixedString, UUID or an Enum: text is compared with it. For integers name a view that has toString(...) of the column",
  },
  text: {
    pattern: /^(?:LowCardinality\()?(?:Nullable\()?String\)*$/,
    expected: "String, of JSON text or of values",
  },
  unique: {
    pattern: /^(?:LowCardinality\()?(?:Nullable\()?(?:String|UUID)\)*$/,
    expected: "String or UUID; a column of numbers is of the type decimal or integer",
  },
  integer: {
    pattern: /^(?:LowCardinality\()?(?:Nullable\()?U?Int(?:8|16|32|64)\)*$/,
    expected:
      "an integer of up to 64 bits; name a view that has toDecimal256(..., 0) of a wider one",
  },
  member: {
    pattern:
      /^(?:Dynamic|Nullable\((?:U?Int(?:8|16|32|64)|Decimal\(\d+, \d+\)|String|Bool|Float64)\))$/,
    expected:
      "no type hint, or one of Nullable(...) around String, Bool, an integer of up to 64 bits, Decimal or Float64: any other hint gives a missing member a value",
  },
  decimal: {
    pattern: /^(?:Nullable\()?Decimal\(\d+, \d+\)\)?$/,
    expected:
      "Decimal(P, S). A column of integers is of the type integer; Float has lost digits, so store Decimal instead",
  },
  dimension: {
    pattern:
      /^(?:LowCardinality\()?(?:Nullable\()?(?:(?:(?:Fixed)?String(?:\(\d+\))?|Bool|U?Int\d+|UUID|Date(?:32)?)\)*|Enum(?:8|16)\(.*)$/,
    expected:
      "String, FixedString, Bool, an integer, UUID, Date or an Enum, whose text is the same on every server; store the text of a time or a fraction as your events write it",
  },
  json: {
    pattern: /^JSON(?:\([^`]*)?$/,
    except: /\bSKIP /,
    expected: "JSON, without SKIP, which drops members",
  },
  received: {
    pattern: /^(?:U?Int\d+|DateTime(?:64)?(?:\(.*\))?|Decimal\(\d+, \d+\))$/,
    expected: "an integer, DateTime, DateTime64 or Decimal, not Nullable",
  },
  key: {
    pattern: /^(?:LowCardinality\()?(?:(?:Fixed)?String(?:\(\d+\))?|UUID|U?Int\d+)\)?$/,
    expected: "String, UUID or an integer, not Nullable: the engine merges events without a key",
  },
};

function refuse(message: string, path: Issue["path"] = []): never {
  return refuseInput(CLICKHOUSE_REFUSED, path, message);
}

function checkRow(given: unknown, index: number): Row {
  const isWhole =
    isRecord(given) &&
    TEXT_COLUMNS.every((name) => isText(given[name])) &&
    LIST_COLUMNS.every((name) => {
      const list = given[name];
      return Array.isArray(list) && list.every(isText);
    });
  if (!isWhole) refuse(EXPECTED_ROW, ["rows", index]);
  return given as unknown as Row; // every column was looked at
}

function exactOf(text: string): Exact {
  const exact = parseExact(text);
  return typeof exact === "string"
    ? refuse(`expected a number, not ${JSON.stringify(text)}`)
    : exact;
}

/** Refuses what the engine may have cut, wrapped or guessed. */
function checkBelieved(row: Row, { aggregation }: SummaryDefinition): void {
  if (row.unreadable !== "0") {
    refuse(
      `${counted(row.unreadable, "event has", "events have")} data that ClickHouse cannot read exactly: no JSON object, or half of a surrogate pair in a dimension; the JSON type has no objects to tell apart either. Compute them with summarizeCost, or store the paths as typed columns`,
      ["source", "data"],
    );
  }
  if (row.refused !== "0") {
    refuse(
      `${counted(row.refused, "value has", "values have")} more than ${PLACES} digits before or after the point, which is what ClickHouse holds. Compute them with summarizeCost`,
      ["valueProperty"],
    );
  }
  if (row.damaged !== "0") refuse("the text of a dimension is not UTF-8", ["groupBy"]);
  if (row.tied !== "" && compare(exactOf(row.tied), exactOf(row.quantity)) !== 0) {
    refuse(
      "the latest values are of one millisecond, and the order of receipt is unknown: name a strictly increasing column, one that differs in every row",
      ["source", "received"],
    );
  }
  if (row.rest.length > MOST_OUTSIDE) {
    refuse(
      `there are more than ${MOST_OUTSIDE} distinct objects, arrays and texts that look like them: UNIQUE_COUNT of so many is for typed columns`,
      ["valueProperty"],
    );
  }
  if (aggregation === "SUM" || aggregation === "AVG") checkSum(row);
}

/** Refuses a server that is older than what the query was made for. */
function checkVersion({ version }: Row): void {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  if (major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1])) return;
  refuse(`the server is ClickHouse ${version}; expected ${OLDEST.join(".")} or newer`, ["client"]);
}

/** The kind of an engine that merges rows; an ordinary `MergeTree` has none. */
const MERGING = /^(?:Replicated|Shared)?(\w*)MergeTree$/;

/** Refuses a table whose engine counts other rows than those that were inserted, or may. */
function checkEngine({ engine: described }: Row, { final, rollup }: SummaryDefinition): void {
  if (described === "") return;
  const [engine = "", sortingKey = "", comment = ""]: string[] = JSON.parse(described);
  const kind = MERGING.exec(engine)?.[1] ?? "";
  if (rollup !== undefined) {
    if (kind === "" && !/MergeTree$/.test(engine)) return;
    if (kind === "Aggregating" && comment === rollup) return;
    refuse(
      `the table is a ${engine} with the comment ${JSON.stringify(comment)}, so that it is not the table of this rollup: expected that of createTable, with the same costs, dimensions and granularity`,
      ["source", "rollup"],
    );
  }
  // ClickHouse itself refuses FINAL for an ordinary MergeTree; the tables behind a Distributed one are not checked.
  if (kind === "") return;
  if (kind !== "Replacing") {
    refuse(
      `the table is a ${engine}, which changes rows when it merges them; expected a table of the events as they were inserted`,
      ["source", "table"],
    );
  }
  if (final === undefined) {
    refuse(
      `the table is a ${engine}, which keeps one of the rows with the same sorting key, but not before a merge. Set unique: true and final: true; the documentation of final says which copy it keeps`,
      ["source", "final"],
    );
  }
  const sorted = new Set(sortingKey.match(/\w+/g));
  const missing = final.filter((column) => !sorted.has(column));
  if (missing.length > 0) {
    refuse(
      `the table's sorting key is (${sortingKey.replace(/^\((.*)\)$/, "$1")}), so that the engine merges different events; expected ${missing.join(", ")} in it`,
      ["source", "final"],
    );
  }
}

/** The values' number times the greatest of them must be a sum that the engine's type holds. */
function checkSum({ sum, greatest, counted: count }: Row): void {
  if (greatest === "") return;
  const [, precision, scale] = /Decimal\((\d+), (\d+)\)/.exec(sum) ?? refuse(`unknown type ${sum}`);
  const largest = exactOf(greatest);
  const limit = { coefficient: 1n, exponent: Number(precision) - Number(scale) };
  if (compare(multiply(exactOf(count), largest), limit) < 0) return;
  refuse(
    `a sum of ${count} values of up to ${decimalOf(largest).toFixed()} may be beyond what ClickHouse adds up (1e${limit.exponent}). Compute it with summarizeCost`,
    ["valueProperty"],
  );
}

/** Undefined where there is no usable value and the aggregation has no zero. */
function quantityOf(row: Row, aggregation: Aggregation): Exact | undefined {
  switch (aggregation) {
    case "COUNT":
      return exactOf(row.quantity);
    case "UNIQUE_COUNT": {
      const rest = new Set(row.rest.map(uniqueTextOfMarked)).size;
      return add(exactOf(row.quantity), { coefficient: BigInt(rest), exponent: 0 });
    }
    case "AVG":
      return row.counted === "0"
        ? undefined
        : divide(exactOf(row.quantity), exactOf(row.counted), MEAN_DIGITS);
    default:
      return row.counted === "0" ? undefined : exactOf(row.quantity);
  }
}

/**
 * The summary that the rows of `summaryQuery` hold, run by any client in the format `JSONEachRow`; the rows say
 * themselves what they are of. `D` are the dimensions that were grouped by.
 *
 * Groups are sorted by their values in `groupBy` order, by UTF-16 code unit, windows ascending. Throws an
 * `InvalidInputError` for rows that are not all rows of one response, and where ClickHouse could not compute the summary
 * exactly. It could not for a value or a sum with more digits than it holds, data that it cannot read, and a tie of
 * LATEST that nothing decides. Nor could it for a column of the wrong type, a server older than 25.3, and a table whose engine drops or changes rows
 * when it merges them.
 *
 * @example
 * ```ts
 * import { summaryFromRows, summaryQuery } from "metered-costs/clickhouse";
 *
 * declare const run: (query: string, parameters: object) => Promise<unknown[]>;
 * const calls = { unitCost: "0.002", aggregation: "COUNT", eventType: "api.call" };
 * const june = { from: "2026-06-01T00:00:00Z", to: "2026-07-01T00:00:00Z" };
 * const { query, query_params } = summaryQuery(calls, june, {
 *   table: "events",
 *   data: { layout: "text", column: "data" },
 *   unique: true,
 * });
 * const summary = summaryFromRows(await run(query, query_params));
 * console.log(summary.totalCost?.toString());
 * ```
 */
export function summaryFromRows<D extends string = string>(
  rows: Iterable<unknown>,
): CostSummary<D> {
  if (typeof rows?.[Symbol.iterator] !== "function") refuse("expected an array of rows", ["rows"]);
  const checked = [...rows].map(checkRow);
  const totals = checked.filter(({ part }) => part === "total");
  const [total] = totals;
  if (total === undefined || totals.length > 1) {
    return refuse("expected all rows of one result: exactly one total among them", ["rows"]);
  }
  const definition = readDefinition(total.definition) ?? refuse(EXPECTED_ROW, ["rows"]);
  checkVersion(total);
  checkEngine(total, definition);
  for (const [index, [column, type]] of definition.checks.entries()) {
    const found = total.types[index] ?? "";
    // The columns behind a rollup may not be there any more.
    if (found === "" && definition.rollup !== undefined) continue;
    const { pattern, except, expected } = TYPES[type];
    if (!pattern.test(found) || except?.test(found)) {
      refuse(`the column ${column} is of type ${found}; expected ${expected}`, ["source", column]);
    }
  }
  const { aggregation, groupBy, window, eventType } = definition;
  const read = (part: string) =>
    checked
      .filter((row) => row.part === part)
      .flatMap((row) => {
        checkBelieved(row, definition);
        const quantity = quantityOf(row, aggregation);
        return quantity === undefined ? [] : [{ row, quantity }];
      });
  const plan = {
    unitCost: exactOf(definition.unitCost),
    eventType,
    groupBy: groupBy?.map((name) => ({ name })),
    window,
  };
  const summary: CostSummary = summaryOf(definition, plan, {
    total: () => read("total")[0]?.quantity ?? (aggregation === "SUM" ? ZERO : undefined),
    forEachGroup(use) {
      const groups = read("group").sort((a, b) => compareTexts(a.row.dimensions, b.row.dimensions));
      for (const { row, quantity } of groups) {
        const values = groupBy?.map((_, position) => row.dimensions[position] ?? "");
        use(values ?? [], quantity);
      }
    },
    windows: () =>
      read("window")
        .map(({ row, quantity }) => ({ start: Number(row.window), quantity }))
        .sort((a, b) => a.start - b.start),
  });
  return summary as CostSummary<D>; // the rows say which dimensions they have
}
