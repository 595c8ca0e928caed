import type { Path } from "../engine/event-values.ts";

/** What a summary reads of an event's `data`. */
export interface Needs {
  readonly value: { readonly path: Path; readonly role: "number" | "unique" } | undefined;
  /** Each path once. */
  readonly dimensions: readonly Path[];
}

/** A column whose type is looked at before an answer is believed. */
export interface ColumnCheck {
  readonly sql: string;
  readonly column: string;
  readonly type: ColumnType;
}
export const COLUMN_TYPES = [
  "time",
  "name",
  "text",
  "decimal",
  "integer",
  "unique",
  "dimension",
  "json",
  "member",
  "received",
  "key",
] as const;
export type ColumnType = (typeof COLUMN_TYPES)[number];

/** A name for an expression, which may use the names before it. */
export type Alias = readonly [name: string, sql: string];

/** SQL that reads what is needed from the table, by its name in the query. */
export interface Reading {
  /** Repeated wherever the query uses them, so that they must be short. */
  readonly aliases: readonly Alias[];
  /**
   * Computed once for each row and then read like a column. It may use no alias. A shard gets the text of every alias
   * at each place of its use; without this, the text of nested aliases would grow beyond what ClickHouse parses.
   */
  readonly once?: Alias;
  /**
   * `decimal` and `integer`: a number or NULL. `text`: a text in which a number may be. `unique`: the text that is counted or NULL,
   * and beside it, if not empty, marked JSON of what can only be told apart outside.
   */
  readonly value?:
    | { readonly kind: "decimal" | "integer" | "text"; readonly sql: string }
    | { readonly kind: "unique"; readonly sql: string; readonly rest?: string };
  /** The text of each dimension. */
  readonly dimensions: readonly string[];
  /** Whether the event's data is more than ClickHouse can read exactly. */
  readonly isUnreadable?: string;
  readonly checks: readonly ColumnCheck[];
}
