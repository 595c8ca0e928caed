import type { Exact } from "../values/scaled-integer.ts";

/** How many events a batch holds: few enough for the processor's cache. */
export const CAPACITY = 512;

/**
 * Events that count and are still to be counted, in columns. Counting them some hundred at a time is a loop over typed
 * arrays for each step, instead of a dozen calls for each event.
 */
export class Batch {
  size = 0;
  /** JS numbers, in UNIQUE_COUNT the numbers of texts; NaN where the value is in `exacts`, or where none counts. */
  readonly values = numberColumn();
  readonly exacts: (Exact | undefined)[] = new Array<undefined>(CAPACITY).fill(undefined);
  /** Milliseconds since 1970. */
  readonly times = numberColumn();
  /** For each dimension, the numbers of its texts. */
  readonly texts: readonly Int32Array[];

  constructor(dimensions: number) {
    this.texts = Array.from({ length: dimensions }, integerColumn);
  }

  get isFull(): boolean {
    return this.size === CAPACITY;
  }

  /** Moves the event that was read to a place farther on to the end. */
  move(from: number): void {
    const { size, values, exacts, texts } = this;
    values[size] = values[from] as number;
    exacts[size] = exacts[from];
    for (const column of texts) column[size] = column[from] as number;
  }

  /** Sets the value of an event, undefined where none counts. */
  setValue(at: number, value: number | Exact | undefined): void {
    if (typeof value === "number") {
      this.values[at] = value;
    } else {
      this.values[at] = Number.NaN;
      this.exacts[at] = value;
    }
  }
}

/** For each event of a batch, a whole number: of its cell, or of its text. */
export function integerColumn(): Int32Array {
  return new Int32Array(CAPACITY);
}

/** For each event of a batch, a number. */
export function numberColumn(): Float64Array {
  return new Float64Array(CAPACITY);
}

/** For each event of a batch, a text. */
export function textColumn(): string[] {
  return new Array<string>(CAPACITY).fill("");
}
