import type { Batch } from "./batch.ts";
import type { DimensionTexts } from "./dimension-texts.ts";
import { isPlainValue, type SlotReader } from "./path-tree.ts";
import type { TextTable } from "./text-table.ts";
import { dimensionText, uniqueText, usableNumber } from "./values.ts";

/** In place of a value, and of the number of a text: none was taken in. */
const NO_VALUE = Number.POSITIVE_INFINITY;
const NO_TEXT = -1;

/** What takes values in, for events of a batch that is about to be filled from some place to another. */
export interface ColumnReader extends SlotReader {
  /** Before all others: nothing was taken in yet. */
  clear(from: number, to: number): void;
  /** For an event that lacks some member: where nothing was taken in, the value is missing. */
  complete(at: number): void;
}

/** Reads the value that is added up, compared or told from others. */
export class ValueReader implements ColumnReader {
  readonly #batch: Batch;
  readonly #values: Float64Array;
  readonly #texts: TextTable | undefined;

  /** `texts` are those of UNIQUE_COUNT, whose values are their numbers. */
  constructor(batch: Batch, texts: TextTable | undefined) {
    this.#batch = batch;
    this.#values = batch.values;
    this.#texts = texts;
  }

  clear(from: number, to: number): void {
    this.#values.fill(NO_VALUE, from, to);
  }
  take(value: unknown, at: number): boolean {
    if (typeof value === "number" && value - value === 0 && this.#texts === undefined) {
      this.#values[at] = value;
      return true;
    }
    if (!isPlainValue(value)) return false;
    this.read(value, at);
    return true;
  }
  complete(at: number): void {
    if (this.#values[at] === NO_VALUE) this.read(undefined, at);
  }

  /** Reads any value, in its JSON form. Throws where it is out of bounds. */
  read(form: unknown, at: number): void {
    const texts = this.#texts;
    if (texts === undefined) {
      this.#batch.setValue(at, usableNumber(form));
    } else {
      const text = uniqueText(form);
      this.#batch.setValue(at, text === undefined ? undefined : texts.numberOf(text));
    }
  }
}

/** Reads the text of a dimension. */
export class TextReader implements ColumnReader {
  readonly #numbers: Int32Array;
  readonly #texts: DimensionTexts;

  constructor(numbers: Int32Array, texts: DimensionTexts) {
    this.#numbers = numbers;
    this.#texts = texts;
  }

  clear(from: number, to: number): void {
    this.#numbers.fill(NO_TEXT, from, to);
  }
  take(value: unknown, at: number): boolean {
    if (typeof value !== "string" && !isPlainValue(value)) return false;
    this.#numbers[at] = this.#texts.numberOf(dimensionText(value));
    return true;
  }
  complete(at: number): void {
    if (this.#numbers[at] === NO_TEXT) this.take(undefined, at);
  }
}

/** Two that read the value of one path. */
export class TwoReaders implements ColumnReader {
  readonly #first: ColumnReader;
  readonly #second: ColumnReader;

  constructor(first: ColumnReader, second: ColumnReader) {
    this.#first = first;
    this.#second = second;
  }

  clear(from: number, to: number): void {
    this.#first.clear(from, to);
    this.#second.clear(from, to);
  }
  take(value: unknown, at: number): boolean {
    return this.#first.take(value, at) && this.#second.take(value, at);
  }
  complete(at: number): void {
    this.#first.complete(at);
    this.#second.complete(at);
  }
}
