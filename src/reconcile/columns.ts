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
