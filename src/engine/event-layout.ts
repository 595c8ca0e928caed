import { Column, type ColumnKind } from "./event-batch.ts";
import type { Path } from "./event-values.ts";
import type { DimensionPlace, EventField } from "./plan.ts";
import { StringInterner } from "./string-interner.ts";

/** The columns that are read of the events of one type. */
export interface TypeLayout {
  readonly type: string;
  readonly columns: readonly Column[];
}

/** What is read of events, for all costs together: decided once, before the first event. */
export class EventLayout {
  readonly columns: Column[] = [];
  readonly types: TypeLayout[] = [];
  /** Whether namespaces and subjects are read. */
  hasScope = false;
  /** Whether sources and idempotency keys are read. */
  hasKeys = false;
  /** Whether there are columns of subjects, and of sources. */
  hasSubjectColumn = false;
  hasSourceColumn = false;
  /** Whether `resolveSubject` gives the subjects of events that have only an external one. */
  isResolving = false;
  readonly #types = new Map<string, Column[]>();
  readonly #columns = new Map<string, Column>();

  /** The column of a path in the events of one type, which costs of that type share. */
  column(type: string, kind: ColumnKind, path: Path): Column {
    return this.#column(type, kind, path, undefined);
  }

  /** The column of a dimension, which costs of that type share. */
  dimension(type: string, { path, field }: DimensionPlace): Column {
    if (field === "subject") this.hasSubjectColumn = true;
    if (field === "source") this.hasSourceColumn = true;
    return this.#column(type, "dimension", path, field);
  }

  #column(type: string, kind: ColumnKind, path: Path, field: EventField | undefined): Column {
    const id = JSON.stringify([type, kind, path, field]);
    const known = this.#columns.get(id);
    if (known !== undefined) return known;
    const interner = kind === "number" || kind === "presence" ? undefined : new StringInterner();
    const column = new Column(kind, path, field, interner);
    this.#columns.set(id, column);
    this.columns.push(column);
    this.#columnsOf(type).push(column);
    return column;
  }

  /** As `column`, of a dimension that keeps null apart. */
  nullableColumn(type: string, path: Path): Column {
    const column = new Column("dimension", path, undefined, new StringInterner());
    column.isNullApart = true;
    this.columns.push(column);
    this.#columnsOf(type).push(column);
    return column;
  }

  /** The position in `types` of a type, which is added when it is new. */
  typeNumber(type: string): number {
    this.#columnsOf(type);
    return this.#numbers.get(type) as number;
  }

  readonly #numbers = new Map<string, number>();

  #columnsOf(type: string): Column[] {
    let columns = this.#types.get(type);
    if (columns === undefined) {
      columns = [];
      this.#numbers.set(type, this.types.length);
      this.#types.set(type, columns);
      this.types.push({ type, columns });
    }
    return columns;
  }
}
