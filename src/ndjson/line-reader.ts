import type { DimensionTexts } from "../summary/dimension-texts.ts";
import type { Meter } from "../summary/meter.ts";
import { numberText } from "../values/scaled-integer.ts";
import type { JsonBytes } from "./json-bytes.ts";
import { FALSE, LONG_NUMBER, MISSING, NULL, NUMBER, STRING, TRUE } from "./line-values.ts";

const decoder = /* @__PURE__ */ new TextDecoder("utf-8", { ignoreBOM: true });

/** Makes of the bytes of a line what is counted: the number of a value, and the numbers of texts. */
export class LineReader {
  readonly #json: JsonBytes;

  /** `json` has the bytes. */
  constructor(json: JsonBytes) {
    this.#json = json;
  }

  textOf(start: number, end: number): string {
    return decoder.decode(this.#json.bytes.subarray(start, end));
  }

  /** Sets the value of a place in a meter's batch; false where the parser must. `number` is that of a `NUMBER`. */
  readValue(
    meter: Meter,
    at: number,
    kind: number,
    start: number,
    end: number,
    number: number,
  ): boolean {
    const { batch, isUnique } = meter;
    if (kind === NUMBER && !isUnique) {
      batch.setValue(at, number);
      return true;
    }
    if (kind === MISSING || kind === NULL) {
      batch.setValue(at, undefined);
      return true;
    }
    if (kind !== STRING) return false;
    const json = this.#json;
    if (isUnique) {
      batch.setValue(at, meter.uniqueTexts.numberOfBytes(json.bytes, start, end));
      return true;
    }
    // Text that is a plain number, newlines and all else behind it excluded.
    if (json.numeral(start) !== end || Number.isNaN(json.number)) return false;
    batch.setValue(at, json.number);
    return true;
  }

  /** The number of the text of a dimension. */
  numberOfText(texts: DimensionTexts, kind: number, start: number, end: number): number {
    switch (kind) {
      case STRING:
        return texts.numberOfBytes(this.#json.bytes, start, end);
      case NUMBER:
      case LONG_NUMBER:
        return texts.numberOf(numberText(this.textOf(start, end)));
      case TRUE:
        return texts.numberOf("true");
      case FALSE:
        return texts.numberOf("false");
      case NULL:
        return texts.numberOf("null");
      default:
        return texts.numberOf("");
    }
  }
}
