import {
  boolean,
  expecting,
  field,
  jsonPath,
  nullish,
  oneOf,
  optional,
  readPart,
  record,
  refuse,
  strictObject,
  text,
  wholeNumber,
  withDefault,
} from "../schemas/fields.ts";
import { readInput, refuseInput } from "../schemas/input.ts";
import { isRecord } from "../values/record.ts";

/**
 * The columns that hold an event's own fields, `{ timestamp: "time" }`; a field that is not named is in the column of
 * its own name. Null for one that the table does not have: no event has it then. `type` and `timestamp` must be there.
 * A name may have points, such as `usage.tokens`: a column of that name, or a part of a Tuple or JSON column.
 */
export interface EventColumns {
  /** Text. */
  readonly type?: string | undefined;
  /**
   * `DateTime` or `DateTime64` of any precision and time zone, not Nullable. Digits beyond milliseconds are cut toward
   * the past, as `summarizeCost` cuts them. `DateTime64(9)` ends in 2262, so that a later `to` is an error.
   */
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

/** A column by its name, or the value of a key in a Map column; a key that is not in the map is a missing value. */
export type ColumnPlace = string | { readonly map: string; readonly key: string };

/**
 * A column of the values at a path. `text`: String, the value as text, as `eventToRow` writes it; NULL for none.
 * `decimal`: any `Decimal(P, S)`, NULL for none. `integer`: Int8 to Int64 and UInt8 to UInt64, NULL for none.
 * `UNIQUE_COUNT` counts distinct numbers of a `decimal` and an `integer`, and takes a UUID column for `text`.
 */
export interface ValueColumn {
  readonly column: ColumnPlace;
  readonly type: "text" | "decimal" | "integer";
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
  /**
   * Paths of dimensions, such as `{ "$.model": "model" }`: their text as `eventToRow` writes it; NULL is `""`. Columns of
   * String, FixedString, Bool, integers, Enum, UUID and Date have the text that ClickHouse shows, `true` and `2026-06-01`.
   */
  readonly dimensions?: Readonly<Record<string, ColumnPlace>> | undefined;
}

/** `data` as it was written: a String column of JSON text. All digits. */
export interface TextData {
  readonly layout: "text";
  readonly column: string;
}

/**
 * `data` in a column of the type `JSON`. Exact for integers of 64 bits and for decimals of up to 15 digits. A type hint
 * of a member that is used must be Nullable, since a missing member would be 0 or `""` otherwise; `SKIP` is an error.
 */
export interface JsonData {
  readonly layout: "json";
  readonly column: string;
}

/** A table of events in ClickHouse: its name, its columns, and what is true of them. */
export interface ClickHouseSource {
  /** `events` or `database.events`; letters, digits and `_`. A `Distributed` table is one, too. */
  readonly table: string;
  readonly columns?: EventColumns | undefined;
  /**
   * The texts that columns have in the rows of this source, such as `{ tenant_id: "t_1" }`: no other row of the table is
   * looked at. The columns are String, FixedString, UUID or Enum. `createEventsTable` and `eventToRow` take no such source.
   */
  readonly only?: Readonly<Record<string, string>> | undefined;
  /** Where the members of an event's `data` are. */
  readonly data: TypedData | TextData | JsonData;
  /** Whether the table is known to hold each idempotency key once (per namespace and source): nothing is looked up then. */
  readonly unique: boolean;
  /**
   * Reads a `ReplacingMergeTree` as if all its merges were done (`FINAL`), with `unique: true`. Of the rows with one
   * sorting key the engine keeps that with the greatest version, or without a version the last one inserted.
   * `summarizeCost` counts the first: both are the same if copies are equal, or if the version falls with each copy.
   * The sorting key must contain the columns of the idempotency key, the namespace and the source, as far as the table
   * has them, and the columns in it must be equal in all copies.
   *
   * Without it a summary of such a table is an error. So is one of any other engine that changes rows when it merges
   * them, such as `SummingMergeTree`. The tables behind a `Distributed` table or a view are not checked.
   * @default false
   */
  readonly final?: boolean | undefined;
  /**
   * A column that says in which order events were received: strictly increasing, so different in every row. It decides
   * which of two copies is the first and, for LATEST, which of two events of the same millisecond is the last. An
   * integer, `DateTime`, `DateTime64` or `Decimal`, not Nullable. Two copies of one event that are first together are an
   * error, and so are two latest values.
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
  readonly final: boolean;
  readonly received: string | undefined;
  readonly only: readonly (readonly [column: string, text: string])[];
}
/** Where a value is: in a column, or under a key of a Map column. */
export interface CheckedPlace {
  readonly column: string;
  readonly key?: string;
}
export interface CheckedValueColumn {
  readonly column: CheckedPlace;
  readonly type: "text" | "decimal" | "integer";
  readonly precision: number;
  readonly scale: number;
}
/** By path, as the source gives them; a Map, as a path may be called `$.__proto__`. */
export interface CheckedTypedData {
  readonly layout: "typed";
  readonly values: ReadonlyMap<string, CheckedValueColumn>;
  readonly dimensions: ReadonlyMap<string, CheckedPlace>;
}

/** A name as ClickHouse reads it whatever it is; checked before. */
export function quoted(identifier: string): string {
  return `\`${identifier}\``;
}

/** A text that may be NULL as two keys that are never NULL; `text` is the SQL of it where the column holds something else. */
export const nullableKeys = (column: string, text = column): readonly string[] => [
  `isNull(${column})`,
  `ifNull(${text}, '')`,
];

/**
 * What a query calls the rows of the table, and those among which it looks for copies. A column of such a name would hide
 * them: of a table with a column `event` of the type JSON, `event.type` is a member of that column.
 */
export const EVENT = "metered_costs_event";
export const COPY = "metered_costs_copy";

/** Half of a surrogate pair, which ClickHouse's UTF-8 does not hold. */
export const HALF_A_PAIR = /\p{Surrogate}/u;
export const WHOLE_TEXT =
  "text without a lone surrogate (half of a character): ClickHouse stores UTF-8";
/** The beginning of the message of a refused source. */
export const UNUSABLE = "The source cannot be used";
const NAME = /^[A-Za-z_][A-Za-z0-9_]{0,126}$/;
const isName = (given: unknown): given is string => typeof given === "string" && NAME.test(given);
const column = /* @__PURE__ */ expecting<string>(
  "a name of letters, digits and _, such as tokens, or several with points between",
  (given) => typeof given === "string" && given.split(".").every(isName),
);
const mapPlace = /* @__PURE__ */ strictObject({ map: column, key: text });
const place = /* @__PURE__ */ field<CheckedPlace, ColumnPlace>((given, payload) => {
  if (!isRecord(given)) {
    const name = readPart(column, given, payload);
    return name === undefined ? undefined : { column: name };
  }
  const read = readPart(mapPlace, given, payload);
  return read && { column: read.map, key: read.key };
});
export const tableName = /* @__PURE__ */ field<string, string>((given, payload) => {
  const parts = typeof given === "string" ? given.split(".") : [];
  return parts.length >= 1 && parts.length <= 2 && parts.every(isName)
    ? parts.map(quoted).join(".")
    : refuse(payload, "expected events or database.events, of letters, digits and _", given);
});
const columns = /* @__PURE__ */ strictObject({
  type: /* @__PURE__ */ optional(column),
  timestamp: /* @__PURE__ */ optional(column),
  subject: /* @__PURE__ */ nullish(column),
  namespace: /* @__PURE__ */ nullish(column),
  source: /* @__PURE__ */ nullish(column),
  idempotencyKey: /* @__PURE__ */ nullish(column),
});
const valueColumn = /* @__PURE__ */ strictObject(
  {
    column: place,
    type: /* @__PURE__ */ oneOf(["text", "decimal", "integer"]),
    precision: /* @__PURE__ */ withDefault(/* @__PURE__ */ wholeNumber(1, 76), 38),
    scale: /* @__PURE__ */ withDefault(/* @__PURE__ */ wholeNumber(0, 76), 18),
  },
  {
    together: ({ precision, scale }, refuseField) => {
      if (Number(scale) > Number(precision)) {
        refuseField(`expected at most the precision, ${precision}`, "scale");
      }
    },
  },
);
const layouts = {
  typed: /* @__PURE__ */ strictObject({
    layout: /* @__PURE__ */ oneOf(["typed"]),
    values: /* @__PURE__ */ optional(/* @__PURE__ */ record(valueColumn, { name: jsonPath })),
    dimensions: /* @__PURE__ */ optional(/* @__PURE__ */ record(place, { name: jsonPath })),
  }),
  text: /* @__PURE__ */ strictObject({ layout: /* @__PURE__ */ oneOf(["text"]), column }),
  json: /* @__PURE__ */ strictObject({ layout: /* @__PURE__ */ oneOf(["json"]), column }),
};
const layout = /* @__PURE__ */ oneOf(["typed", "text", "json"]);
const data = /* @__PURE__ */ field<CheckedSource["data"], ClickHouseSource["data"]>(
  (given, payload) => {
    if (!isRecord(given)) return refuse(payload, "expected an object", given);
    const known = readPart(layout, given["layout"], payload, "layout");
    if (!Object.hasOwn(layouts, known)) return undefined;
    if (known === "text") return readPart(layouts.text, given, payload);
    if (known === "json") return readPart(layouts.json, given, payload);
    const typed = readPart(layouts.typed, given, payload);
    return {
      layout: known,
      values: new Map(Object.entries(typed?.values ?? {})),
      dimensions: new Map(Object.entries(typed?.dimensions ?? {})),
    };
  },
);
const argument = /* @__PURE__ */ strictObject({
  source: /* @__PURE__ */ strictObject(
    {
      table: tableName,
      columns: /* @__PURE__ */ optional(columns),
      only: /* @__PURE__ */ optional(
        /* @__PURE__ */ record(
          /* @__PURE__ */ expecting<string>(
            WHOLE_TEXT,
            (given) => typeof given === "string" && !HALF_A_PAIR.test(given),
          ),
          { name: column },
        ),
      ),
      data,
      unique: /* @__PURE__ */ expecting<boolean>(
        "true if each idempotency key is in the table once, else false",
        (given) => typeof given === "boolean",
      ),
      final: /* @__PURE__ */ optional(boolean),
      received: /* @__PURE__ */ optional(column),
    },
    {
      together: ({ unique, final, received }, refuseField) => {
        if (final === true && unique === false) {
          refuseField(
            "expected unique: true with final: true: the engine has dropped the copies then",
            "final",
          );
        }
        if (unique !== false || received !== undefined) return;
        refuseField(
          "expected a strictly increasing column: without one it is unknown which copy of an event is the first; set unique: true if there are no copies",
          "received",
        );
      },
    },
  ),
});

/** Reads the source of a table that is written to, whose rows have no texts that are given beforehand. */
export function checkOwnSource(given: ClickHouseSource): CheckedSource {
  const source = checkSource(given);
  if (source.only.length === 0) return source;
  return refuseInput(
    UNUSABLE,
    ["source", "only"],
    "expected none: it is for tables that others fill",
  );
}

/** Reads a source; throws an `InvalidInputError` that names everything that is wrong with it. */
export function checkSource(given: ClickHouseSource): CheckedSource {
  const { source } = readInput(argument, { source: given }, UNUSABLE);
  const named = source.columns;
  const columnOf = (name: EventField): string | null => {
    const own = named?.[name];
    return own === undefined ? name : own;
  };
  return {
    ...source,
    received: source.received,
    only: Object.entries(source.only ?? {}),
    final: source.final === true,
    columns: {
      type: named?.type ?? "type",
      timestamp: named?.timestamp ?? "timestamp",
      subject: columnOf("subject"),
      namespace: columnOf("namespace"),
      source: columnOf("source"),
      idempotencyKey: columnOf("idempotencyKey"),
    },
  };
}
