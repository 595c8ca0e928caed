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

/** Reads the value that is added up or compared. */
export class ValueReader implements ColumnReader {
  readonly #batch: Batch;
  readonly #values: Float64Array;

  constructor(batch: Batch) {
    this.#batch = batch;
    this.#values = batch.values;
  }

  clear(from: number, to: number): void {
    this.#values.fill(NO_VALUE, from, to);
  }
  take(value: unknown, at: number): boolean {
    if (typeof value === "number" && value - value === 0) {
      this.#values[at] = value;
      return true;
    }
    if (!isPlainValue(value)) return false;
    this.#batch.setValue(at, usableNumber(value));
    return true;
  }
  complete(at: number): void {
    if (this.#values[at] === NO_VALUE) this.#batch.setValue(at, undefined);
  }
}

/** Reads the value that UNIQUE_COUNT tells from others. */
export class UniqueReader implements ColumnReader {
  readonly #batch: Batch;
  readonly #texts: TextTable;

  constructor(batch: Batch, texts: TextTable) {
    this.#batch = batch;
    this.#texts = texts;
  }

  clear(from: number, to: number): void {
    this.#batch.values.fill(NO_VALUE, from, to);
  }
  take(value: unknown, at: number): boolean {
    if (!isPlainValue(value)) return false;
    const text = uniqueText(value);
    this.#batch.setValue(at, text === undefined ? undefined : this.#texts.numberOf(text));
    return true;
  }
  complete(at: number): void {
    if (this.#batch.values[at] === NO_VALUE) this.#batch.setValue(at, undefined);
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
    if (typeof value === "string") this.#numbers[at] = this.#texts.numberOf(value);
    else if (isPlainValue(value)) this.#numbers[at] = this.#texts.numberOf(dimensionText(value));
    else return false;
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
