/** Rows with one key: the last of all of them, and the last of each namespace and source. */
interface Repetitions {
  last: number;
  readonly lastOfScope: Map<number, number>;
}

/** What a row turned out to repeat. */
export interface Repetition {
  /** The last row before with the same key, whatever its namespace and source. */
  readonly before: number | undefined;
  /** The last row before with the same key, namespace and source. */
  readonly beforeInScope: number | undefined;
}

const NEW: Repetition = { before: undefined, beforeInScope: undefined };

/** The idempotency keys of the rows so far. Most keys come once: only a repeated one costs more than a number. */
export class EqualKeys {
  readonly #rows = new Map<string, number | Repetitions>();
  readonly #scopeOf: (row: number) => number;

  /** `scopeOf` gives the number of a row's namespace and source. */
  constructor(scopeOf: (row: number) => number) {
    this.#scopeOf = scopeOf;
  }

  find(key: string, scope: number): Repetition {
    const known = this.#rows.get(key);
    if (known === undefined) return NEW;
    if (typeof known !== "number") {
      return { before: known.last, beforeInScope: known.lastOfScope.get(scope) };
    }
    return { before: known, beforeInScope: this.#scopeOf(known) === scope ? known : undefined };
  }

  add(key: string, scope: number, row: number): void {
    const known = this.#rows.get(key);
    if (known === undefined) {
      this.#rows.set(key, row);
    } else if (typeof known === "number") {
      const lastOfScope = new Map([[this.#scopeOf(known), known]]);
      this.#rows.set(key, { last: row, lastOfScope: lastOfScope.set(scope, row) });
    } else {
      known.last = row;
      known.lastOfScope.set(scope, row);
    }
  }
}
