import { TextTable } from "./text-table.ts";

const RECENT = 256;

/** The texts that a dimension has had, numbered from 0 in the order seen, so that groups are told apart by numbers. */
export class DimensionTexts {
  readonly #table = new TextTable(false);
  // Most dimensions have a few texts, which come again and again: one look at three characters finds where it was last.
  readonly #recent: string[] = new Array<string>(RECENT).fill("");
  readonly #recentNumbers = new Int32Array(RECENT).fill(-1);
  #texts: readonly string[] = [];

  numberOf(text: string): number {
    const { length } = text;
    const last = length === 0 ? 0 : text.charCodeAt(length - 1);
    const middle = length === 0 ? 0 : text.charCodeAt(length >> 1);
    const at = (length + last * 7 + middle * 31) & (RECENT - 1);
    const recent = this.#recentNumbers[at] as number;
    if (recent !== -1 && this.#recent[at] === text) return recent;
    const number = this.#table.numberOf(text);
    this.#recent[at] = text;
    this.#recentNumbers[at] = number;
    return number;
  }

  /** The number of the text whose UTF-8 the bytes from `start` to `end` are. */
  numberOfBytes(bytes: Uint8Array, start: number, end: number): number {
    return this.#table.numberOfBytes(bytes, start, end);
  }

  /** All of them. */
  get texts(): readonly string[] {
    if (this.#table.size > this.#texts.length) this.#texts = this.#table.texts();
    return this.#texts;
  }

  textOf(number: number): string {
    return (number < this.#texts.length ? this.#texts : this.texts)[number] as string;
  }
}
