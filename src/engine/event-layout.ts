import { Column, type ColumnKind } from "./event-batch.ts";
import type { Path } from "./event-values.ts";
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
  /** Whether `resolveSubject` gives the subjects of events that have only an external one. */
  isResolving = false;
  readonly #types = new Map<string, Column[]>();
  readonly #columns = new Map<string, Column>();

  /** The column of a path in the events of one type, which costs of that type share. */
  column(type: string, kind: ColumnKind, path: Path): Column {
    const id = JSON.stringify([type, kind, path]);
    const known = this.#columns.get(id);
    if (known !== undefined) return known;
    const column = new Column(kind, path, kind === "number" ? undefined : new StringInterner());
    this.#columns.set(id, column);
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
