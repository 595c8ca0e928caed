import { type Exact, exactOfNumber } from "../values/scaled-integer.ts";

const FIRST_CAPACITY = 1_024;

/**
 * What is kept of every event, by its position: about 40 bytes each, and its idempotency key. No event itself is kept,
 * so that they may come from a stream.
 */
export class EventColumns {
  length = 0;
  /** What is known of it; see `rules.ts`. 0 for events that count under no rules. */
  mask = new Int32Array(FIRST_CAPACITY);
  /** Milliseconds since 1970. */
  timestamp = new Float64Array(FIRST_CAPACITY);
  /** Its value, as far as it is a JS number; for UNIQUE_COUNT the number of its text. */
  value = new Float64Array(FIRST_CAPACITY);
  /** The number of its combination of dimension values. */
  group = new Int32Array(FIRST_CAPACITY);
  /** The number of its subject; -1 for none. */
  subject = new Int32Array(FIRST_CAPACITY);
  /** The number of its namespace and source. */
  scope = new Int32Array(FIRST_CAPACITY);
  readonly keys: (string | null)[] = [];
  /** The values that no JS number holds. */
  readonly exactValues = new Map<number, Exact>();

  /** Adds a row of zeros, and gives its position. */
  push(key: string | null): number {
    if (this.length === this.mask.length) this.#grow();
    this.keys.push(key);
    return this.length++;
  }

  /** The value of a row whose mask says that it is usable. */
  valueOf(row: number): number | Exact {
    const value = this.value[row] as number;
    return Number.isNaN(value) ? (this.exactValues.get(row) as Exact) : value;
  }

  exactOf(row: number): Exact {
    const value = this.valueOf(row);
    return typeof value === "number" ? exactOfNumber(value) : value;
  }

  setValue(row: number, value: number | Exact): void {
    if (typeof value === "number") {
      this.value[row] = value;
    } else {
      this.value[row] = Number.NaN;
      this.exactValues.set(row, value);
    }
  }

  #grow(): void {
    const capacity = this.mask.length * 2;
    const grown = <Column extends Int32Array | Float64Array>(column: Column, larger: Column) => {
      larger.set(column);
      return larger;
    };
    this.mask = grown(this.mask, new Int32Array(capacity));
    this.timestamp = grown(this.timestamp, new Float64Array(capacity));
    this.value = grown(this.value, new Float64Array(capacity));
    this.group = grown(this.group, new Int32Array(capacity));
    this.subject = grown(this.subject, new Int32Array(capacity));
    this.scope = grown(this.scope, new Int32Array(capacity));
  }
}

/** Gives each text a small number, in the order in which they come. */
export class Numbered {
  readonly texts: string[] = [];
  readonly #numbers = new Map<string, number>();
  #last: string | undefined;
  #lastNumber = -1;

  /** The number of a text that has one, else -1. */
  find(text: string | null): number {
    return text === null || this.#numbers.size === 0 ? -1 : (this.#numbers.get(text) ?? -1);
  }

  numberOf(text: string): number {
    if (text === this.#last) return this.#lastNumber;
    let number = this.#numbers.get(text);
    if (number === undefined) {
      number = this.texts.length;
      this.texts.push(text);
      this.#numbers.set(text, number);
    }
    this.#last = text;
    this.#lastNumber = number;
    return number;
  }
}

interface Node {
  number: number;
  readonly next: Map<string | null, Node>;
}

/** Gives each combination of texts a small number; null is a text of its own. */
export class NumberedCombinations {
  readonly combinations: (readonly (string | null)[])[] = [];
  readonly #root: Node = { number: -1, next: new Map() };

  numberOf(texts: readonly (string | null)[]): number {
    let node = this.#root;
    for (const text of texts) {
      let next = node.next.get(text);
      if (next === undefined) {
        next = { number: -1, next: new Map() };
        node.next.set(text, next);
      }
      node = next;
    }
    if (node.number === -1) {
      node.number = this.combinations.length;
      this.combinations.push([...texts]);
    }
    return node.number;
  }
}

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
