import { InvalidInputError, type Issue } from "../errors.ts";
import { JSON_PATH } from "../schemas/contract.ts";
import { isRecord } from "../values/record.ts";

/**
 * The columns that hold an event's own fields, `{ timestamp: "time" }`; a field that is not named is in the column of
 * its own name. Null for one that the table does not have: no event has it then. `type` and `timestamp` must be there.
 */
export interface EventColumns {
  /** Text. */
  readonly type?: string | undefined;
  /** `DateTime64(3)`, of any time zone: an instant of the years 1900 to 2299. */
  readonly timestamp?: string | undefined;
  /** Text or NULL. Resolve an `externalSubject` before it is stored. */
  readonly subject?: string | null | undefined;
  /** Text or NULL. */
  readonly namespace?: string | null | undefined;
  /** Text or NULL. */
  readonly source?: string | null | undefined;
  /** Text or NULL; events without a key are all distinct, and `""` is a key. */
  readonly idempotencyKey?: string | null | undefined;
}

/**
 * A column of the values at a path. `text`: String, the value as text, as `eventToRow` writes it; NULL for none.
 * `decimal`: any `Decimal(P, S)`, NULL for none; `UNIQUE_COUNT` then counts distinct numbers.
 */
export interface ValueColumn {
  readonly column: string;
  readonly type: "text" | "decimal";
  /**
   * Of a `decimal`: the P of `Decimal(P, S)` for `createEventsTable` and `eventToRow`; queries read any.
   * @default 38
   */
  readonly precision?: number | undefined;
  /**
   * The S of it.
   * @default 18
   */
  readonly scale?: number | undefined;
}

/** A column for each path: all digits, and the fastest. A path that a cost uses and that is not here is an error. */
export interface TypedData {
  readonly layout: "typed";
  /** The `valueProperty` of costs, such as `{ "$.tokens": { column: "tokens", type: "decimal" } }`. */
  readonly values?: Readonly<Record<string, ValueColumn>> | undefined;
  /** Paths of dimensions, such as `{ "$.model": "model" }`: their text as `eventToRow` writes it; NULL is `""`. */
  readonly dimensions?: Readonly<Record<string, string>> | undefined;
}

/** `data` as it was written: a String column of JSON text. All digits. */
export interface TextData {
  readonly layout: "text";
  readonly column: string;
}

/** `data` in a column of the type `JSON`. Exact for integers of 64 bits and for decimals of up to 15 digits. */
export interface JsonData {
  readonly layout: "json";
  readonly column: string;
}

/** A table of events in ClickHouse: its name, its columns, and what is true of them. */
export interface ClickHouseSource {
  /** `events` or `database.events`; letters, digits and `_`. A `Distributed` table is one, too. */
  readonly table: string;
  readonly columns?: EventColumns | undefined;
  /** Where the members of an event's `data` are. */
  readonly data: TypedData | TextData | JsonData;
  /** Whether the table is known to hold each idempotency key once (per namespace and source): nothing is looked up then. */
  readonly unique: boolean;
  /**
   * A column that says in which order events were received: strictly increasing, so different in every row. It decides
   * which of two copies is the first and, for LATEST, which of two events of the same millisecond is the last.
   */
  readonly received?: string | undefined;
}

/** The fields of an event that have a column of their own. */
export const EVENT_FIELDS = [
  "type",
  "timestamp",
  "subject",
  "namespace",
  "source",
  "idempotencyKey",
] as const;
type EventField = (typeof EVENT_FIELDS)[number];

/** A source that was checked, with every column named. */
export interface CheckedSource {
  /** Quoted, ready for a query. */
  readonly table: string;
  readonly columns: Readonly<Record<EventField, string | null>> & {
    readonly type: string;
    readonly timestamp: string;
  };
  readonly data: CheckedTypedData | TextData | JsonData;
  readonly unique: boolean;
  readonly received: string | undefined;
}
export interface CheckedValueColumn {
  readonly column: string;
  readonly type: "text" | "decimal";
  readonly precision: number;
  readonly scale: number;
}
/** By path, as the source gives them; a Map, as a path may be called `$.__proto__`. */
export interface CheckedTypedData {
  readonly layout: "typed";
  readonly values: ReadonlyMap<string, CheckedValueColumn>;
  readonly dimensions: ReadonlyMap<string, string>;
}

const IDENTIFIER = /^[A-Za-z_][A-Za-z0-9_]{0,126}$/;
const EXPECTED_IDENTIFIER = "expected a name of letters, digits and _, such as tokens";
const SOURCE_FIELDS = new Set(["table", "columns", "data", "unique", "received"]);
const TYPED_FIELDS = new Set(["layout", "values", "dimensions"]);
const VALUE_FIELDS = new Set(["column", "type", "precision", "scale"]);
const COLUMN_FIELDS = new Set(["layout", "column"]);

/** A name as ClickHouse reads it whatever it is; checked before. */
export function quoted(identifier: string): string {
  return `\`${identifier}\``;
}

const isIdentifier = (name: unknown): name is string =>
  typeof name === "string" && IDENTIFIER.test(name);

const isWithin = (value: unknown, least: number, most: number): value is number =>
  Number.isInteger(value) && (value as number) >= least && (value as number) <= most;

/** Checks a source; throws an `InvalidInputError` that names everything that is wrong with it. */
export function checkSource(source: ClickHouseSource): CheckedSource {
  const issues: Issue[] = [];
  const refuse = (path: Issue["path"], message: string): void => {
    issues.push({ path: ["source", ...path], message });
  };
  const members = (given: unknown, path: Issue["path"], known?: ReadonlySet<string>) => {
    if (given === undefined && path.length > 1) return new Map<string, unknown>();
    if (!isRecord(given)) {
      refuse(path, "expected an object");
      return new Map<string, unknown>();
    }
    const all = new Map(Object.entries(given));
    for (const name of known === undefined ? [] : all.keys()) {
      if (!known?.has(name)) {
        refuse([...path, name], `unknown; there are ${[...(known ?? [])].join(", ")}`);
      }
    }
    return all;
  };
  const identifier = (given: unknown, path: Issue["path"]): string => {
    if (isIdentifier(given)) return given;
    refuse(path, EXPECTED_IDENTIFIER);
    return "";
  };

  const fields = members(source, [], SOURCE_FIELDS);
  const table = fields.get("table");
  const parts = typeof table === "string" ? table.split(".") : [];
  if (parts.length < 1 || parts.length > 2 || !parts.every(isIdentifier)) {
    refuse(["table"], "expected events or database.events, of letters, digits and _");
  }
  const given = members(fields.get("columns") ?? {}, ["columns"], new Set(EVENT_FIELDS));
  const columnOf = (field: EventField): string | null => {
    const name = given.get(field);
    if (name === undefined) return field;
    if (name === null && field !== "type" && field !== "timestamp") return null;
    return identifier(name, ["columns", field]);
  };
  const columns = {
    type: columnOf("type") ?? "",
    timestamp: columnOf("timestamp") ?? "",
    subject: columnOf("subject"),
    namespace: columnOf("namespace"),
    source: columnOf("source"),
    idempotencyKey: columnOf("idempotencyKey"),
  };
  const received = fields.get("received");
  if (received !== undefined) identifier(received, ["received"]);
  const unique = fields.get("unique");
  if (typeof unique !== "boolean") {
    refuse(["unique"], "expected true if each idempotency key is in the table once, else false");
  }
  if (unique === false && received === undefined) {
    refuse(
      ["received"],
      "expected a strictly increasing column: without one nothing says which copy of an event is the first; say unique: true if there are no copies",
    );
  }

  const data = fields.get("data");
  const layout = isRecord(data) ? data["layout"] : undefined;
  let checked: CheckedSource["data"] = {
    layout: "typed",
    values: new Map(),
    dimensions: new Map(),
  };
  if (layout === "text" || layout === "json") {
    const column = members(data, ["data"], COLUMN_FIELDS).get("column");
    checked = { layout, column: identifier(column, ["data", "column"]) };
  } else if (layout === "typed") {
    const typed = members(data, ["data"], TYPED_FIELDS);
    const isPath = (path: string, field: string): boolean => {
      if (JSON_PATH.test(path)) return true;
      refuse(["data", field, path], "expected a path such as $.usage.tokens");
      return false;
    };
    const values = new Map<string, CheckedValueColumn>();
    for (const [path, value] of members(typed.get("values"), ["data", "values"])) {
      if (!isPath(path, "values")) continue;
      const at = ["data", "values", path];
      const column = members(value, at, VALUE_FIELDS);
      const type = column.get("type");
      const precision = column.get("precision") ?? 38;
      const scale = column.get("scale") ?? 18;
      if (type !== "text" && type !== "decimal") {
        refuse([...at, "type"], "expected text or decimal");
      } else if (!isWithin(precision, 1, 76) || !isWithin(scale, 0, precision)) {
        refuse(at, "expected a precision from 1 to 76, and a scale from 0 to that");
      } else {
        const name = identifier(column.get("column"), [...at, "column"]);
        values.set(path, { column: name, type, precision, scale });
      }
    }
    const dimensions = new Map<string, string>();
    for (const [path, column] of members(typed.get("dimensions"), ["data", "dimensions"])) {
      if (!isPath(path, "dimensions")) continue;
      dimensions.set(path, identifier(column, ["data", "dimensions", path]));
    }
    checked = { layout, values, dimensions };
  } else {
    refuse(["data", "layout"], "expected typed, text or json");
  }
  if (issues.length > 0) throw new InvalidInputError("The source cannot be used", issues);
  return {
    table: parts.map(quoted).join("."),
    columns,
    data: checked,
    unique: unique === true,
    received: typeof received === "string" ? received : undefined,
  };
}
