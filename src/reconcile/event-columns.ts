import { doubled } from "../engine/interners.ts";
import { type Exact, exactOf } from "../values/scaled-integer.ts";
import { approximately } from "./accumulators.ts";

const FIRST_CAPACITY = 1_024;

/**
 * What is kept of every event, by its position: 36 bytes each. No event itself is kept, so that they may come from a
 * stream.
 */
export class EventColumns {
  length = 0;
  /** What is known of it; see `rules.ts`. 0 for events that no rule and no cause could count. */
  mask = new Int32Array(FIRST_CAPACITY);
  /** Milliseconds since 1970. */
  timestamp = new Float64Array(FIRST_CAPACITY);
  /** Its value, as far as it is a JS number; for UNIQUE_COUNT the number of its text. */
  value = new Float64Array(FIRST_CAPACITY);
  /** The number of its combination of dimension values. */
  group = new Int32Array(FIRST_CAPACITY);
  /** The number of its subject, or `NONE`. */
  subject = new Int32Array(FIRST_CAPACITY);
  /** The number of its namespace and source; `NONE` for an invalid event. */
  scope = new Int32Array(FIRST_CAPACITY);
  /** The number of its idempotency key, or `NONE`. */
  key = new Int32Array(FIRST_CAPACITY);
  /** The values that no JS number holds. */
  readonly exactValues = new Map<number, Exact>();

  /** Adds a row of zeros, and gives its position. */
  push(): number {
    if (this.length === this.mask.length) this.#grow();
    return this.length++;
  }

  /** The value of a row whose mask says that it is usable. */
  valueOf(row: number): number | Exact {
    const value = this.value[row] as number;
    return Number.isNaN(value) ? (this.exactValues.get(row) as Exact) : value;
  }

  /** As `valueOf`, nearly. */
  nearOf(row: number): number {
    const value = this.value[row] as number;
    return Number.isNaN(value) ? approximately(this.exactValues.get(row) as Exact) : value;
  }

  exactOf(row: number): Exact {
    return exactOf(this.valueOf(row));
  }

  #grow(): void {
    this.mask = doubled(this.mask);
    this.timestamp = doubled(this.timestamp);
    this.value = doubled(this.value);
    this.group = doubled(this.group);
    this.subject = doubled(this.subject);
    this.scope = doubled(this.scope);
    this.key = doubled(this.key);
  }
}
