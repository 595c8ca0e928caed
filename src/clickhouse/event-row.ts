import {
  dimensionText,
  type Path,
  pathOf,
  readAt,
  UnreadableValueError,
  uniqueText,
} from "../engine/event-values.ts";
import { checkEvent } from "../engine/from-any.ts";
import { InvalidEventError, type Issue } from "../errors.ts";
import type { CostEvent } from "../models.ts";
import { refuseInput } from "../schemas/input.ts";
import { jsonTree } from "../values/json-form.ts";
import { defineMember, stringifyJson } from "../values/lossless-json.ts";
import { isRecord } from "../values/record.ts";
import { exactText, parseExact } from "../values/scaled-integer.ts";
import { readTime } from "../values/timestamp.ts";
import { BEYOND, EARLIEST } from "./event-rows.ts";
import {
  type CheckedPlace,
  type CheckedValueColumn,
  type ClickHouseSource,
  checkOwnSource,
  HALF_A_PAIR,
  WHOLE_TEXT,
} from "./source.ts";

/** A row for an insert in the format `JSONEachRow`: text, null for what an event does not have, an object for JSON. */
export type EventRow = Record<string, string | object | null>;

/** What an event itself does not say. */
export interface EventRowOptions {
  /**
   * The event's place in the order of receipt, for the source's `received`: an integer greater than every one before.
   * Without it the row leaves the column out, and ClickHouse fills in the column's default.
   */
  readonly received?: number | bigint | undefined;
  /**
   * What time it is, for an event without a timestamp.
   * @default () => new Date()
   */
  readonly clock?: (() => Date) | undefined;
}

/** Whether JSON.stringify wrote half of a pair; escaped backslashes are out of the way first. */
const hasEscapedHalf = (text: string): boolean => /\\ud[89a-f]/.test(text.replaceAll("\\\\", ""));

/**
 * The row of an event for the table that `source` describes. Insert it in the format `JSONEachRow` with the setting
 * `date_time_input_format = 'best_effort'`, which is the default of newer servers. The time is ISO 8601 in UTC, so it is the
 * same instant in a column or session of any time zone. Where the setting is `basic`, ClickHouse refuses the row.
 *
 * It is checked as `summarizeCost` checks it. Values that ClickHouse would change silently are refused too: a time
 * before 1900 or after 2299, and text with half of a surrogate pair (JSON text may contain one). So is a number that its
 * Decimal column (in the JSON layout: a double) cannot hold. Digits of a time beyond milliseconds are cut toward the past.
 * Typed columns get the text that a summary compares, or the number; any other value is NULL. Throws an
 * `InvalidEventError` (with index 0), and an `InvalidInputError` for a source or options that cannot be used.
 *
 * @example
 * ```ts
 * import { eventToRow } from "metered-costs/clickhouse";
 *
 * const row = eventToRow(
 *   { type: "llm.completion", timestamp: "2026-06-01T10:00:00Z", data: { tokens: 1200 } },
 *   { table: "events", data: { layout: "text", column: "data" }, unique: false, received: "received" },
 *   { received: 1 },
 * );
 * console.log(row["timestamp"], row["data"]); // 2026-06-01T10:00:00.000Z {"tokens":1200}
 * ```
 */
export function eventToRow(
  event: CostEvent,
  source: ClickHouseSource,
  options: EventRowOptions = {},
): EventRow {
  const { columns, data, received } = checkOwnSource(source);
  checkOptions(options);
  const checked = checkEvent(event);
  if ("issues" in checked) throw new InvalidEventError({ index: 0, line: undefined, ...checked });
  const key = checked.idempotencyKey ?? undefined;
  const issues: Issue[] = [];
  const whole = (path: Issue["path"], text: string | null): string | null => {
    if (text !== null && HALF_A_PAIR.test(text)) {
      issues.push({ path, message: `expected ${WHOLE_TEXT}` });
    }
    return text;
  };
  const row = new Map<string, string | object | null>();
  const setAt = ({ column, key }: CheckedPlace, value: string | null): void => {
    if (key === undefined) row.set(column, value);
    else {
      const map = { ...(row.get(column) as object | undefined) };
      if (value !== null) defineMember(map, key, value);
      row.set(column, map);
    }
  };
  for (const field of ["type", "subject", "namespace", "source", "idempotencyKey"] as const) {
    const column = columns[field];
    const text = whole([field], checked[field]);
    if (column !== null) row.set(column, text);
    else if (text !== null) {
      issues.push({ path: [field], message: "the table has no column for it" });
    }
  }
  const instant = checked.timestamp ?? readTime(options.clock?.() ?? new Date());
  if (!(instant >= EARLIEST && instant < BEYOND)) {
    issues.push({ path: ["timestamp"], message: "expected a time from 1900 to 2299" });
  } else {
    // With its zone: without one it would be a time of the column's zone, or of the session's.
    row.set(columns.timestamp, new Date(instant).toISOString());
  }
  if (received !== undefined && options.received !== undefined) {
    row.set(received, receivedText(options.received));
  }

  const read = <Value>(path: Path, reader: (value: unknown) => Value): Value | undefined => {
    try {
      return readAt(checked.data, path, reader);
    } catch (error) {
      if (!(error instanceof UnreadableValueError)) throw error;
      issues.push({ path: ["data", ...error.path], message: error.message });
      return undefined;
    }
  };
  if (data.layout === "typed") {
    for (const [path, held] of data.values) {
      const { column, type } = held;
      const names = pathOf(path);
      const text = read(names, uniqueText) ?? null;
      setAt(
        column,
        type === "text"
          ? whole(["data", ...names], text)
          : decimalText(text, held, (message) =>
              issues.push({ path: ["data", ...names], message }),
            ),
      );
    }
    for (const [path, column] of data.dimensions) {
      const names = pathOf(path);
      const text = whole(["data", ...names], read(names, dimensionText) ?? "");
      setAt(column, text === "" && column.key !== undefined ? null : text);
    }
  } else {
    const tree = read([], (form) => jsonTree(form)) ?? {};
    const text = stringifyJson(tree);
    if (data.layout === "text") row.set(data.column, text);
    else if (text !== JSON.stringify(tree) || hasEscapedHalf(text)) {
      const message =
        "expected data whose numbers are doubles and whose texts have no lone surrogate (half of a character)";
      issues.push({ path: ["data"], message: `${message}: the JSON type would change it` });
    } else row.set(data.column, tree);
  }
  if (issues.length > 0) throw new InvalidEventError({ index: 0, line: undefined, key, issues });
  // By fromEntries, which defines members: a column may be called `__proto__`.
  return Object.fromEntries(row);
}

function receivedText(received: unknown): string {
  const isCount = typeof received === "bigint" || Number.isSafeInteger(received);
  if (isCount && (received as number | bigint) >= 0) return String(received);
  refuseRow(["received"], "expected the event's place in the order of receipt: 0, 1, 2, ...");
}

function checkOptions(options: unknown): void {
  if (!isRecord(options)) refuseRow([], "expected an object of options");
  const { clock } = options;
  if (clock !== undefined && typeof clock !== "function") {
    refuseRow(["clock"], "expected a function that returns a valid Date");
  }
}

function refuseRow(path: Issue["path"], message: string): never {
  return refuseInput("eventToRow: the row cannot be made", path, message);
}

/** Plain decimal text for a column that holds all of its digits, or null for what is no number. */
function decimalText(
  text: string | null,
  { type, precision, scale }: CheckedValueColumn,
  refuse: (message: string) => void,
): string | null {
  const exact = text === null ? "malformed" : parseExact(text);
  if (exact === "malformed") return null;
  if (type === "integer") {
    const written = exact === "out-of-bounds" ? "" : exactText(exact);
    if (/^-?\d{1,19}$/.test(written) && BigInt.asIntN(64, BigInt(written)) === BigInt(written)) {
      return written;
    }
    refuse("expected an integer that Int64 holds");
    return null;
  }
  const [whole = "", fraction = ""] =
    exact === "out-of-bounds" ? [] : exactText(exact).replace("-", "").split(".");
  const isHeld = whole !== "" && fraction.length <= scale && whole.length <= precision - scale;
  if (exact !== "out-of-bounds" && (isHeld || (whole === "0" && fraction.length <= scale))) {
    return exactText(exact);
  }
  refuse(`expected a number that Decimal(${precision}, ${scale}) holds`);
  return null;
}
