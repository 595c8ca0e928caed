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
  "text",
  "decimal",
  "dimension",
  "json",
  "received",
  "key",
] as const;
export type ColumnType = (typeof COLUMN_TYPES)[number];

/** SQL that reads what is needed, by the names that earlier steps gave. */
export interface Reading {
  /** What is taken from the table, which is called `event`. */
  readonly columns: readonly string[];
  /** Select lists, each over the one before. */
  readonly steps: readonly (readonly string[])[];
  /**
   * `decimal`: a number or NULL. `text`: a text in which a number may be. `unique`: the text that is counted or NULL,
   * and beside it, if not empty, marked JSON of what can only be told apart outside.
   */
  readonly value?:
    | { readonly kind: "decimal" | "text"; readonly sql: string }
    | { readonly kind: "unique"; readonly sql: string; readonly rest?: string };
  /** The text of each dimension. */
  readonly dimensions: readonly string[];
  /** Whether the event's data is more than ClickHouse can read exactly. */
  readonly isUnreadable?: string;
  readonly checks: readonly ColumnCheck[];
}
