import {
  DATA,
  EXTERNAL_SUBJECT,
  type IncomingEvent,
  KEY,
  NAMESPACE,
  SOURCE,
  SUBJECT,
  TIMESTAMP,
  TYPE,
} from "../summary/incoming-event.ts";
import type { Meter, UsedDimension } from "../summary/meter.ts";
import type { PathTree } from "../summary/path-tree.ts";
import type { SeenKeys } from "../summary/seen-keys.ts";
import { TextTable } from "../summary/text-table.ts";
import { parseTimestampBytes, readTimeByHand } from "../values/fast-timestamp.ts";
import { isJsonObject } from "../values/json-form.ts";
import { parseJson } from "../values/lossless-json.ts";
import { JsonBytes, UNSURE } from "./json-bytes.ts";
import { LineReader } from "./line-reader.ts";
import { LineScanner } from "./line-scanner.ts";
import { type LineShape, LineShapes } from "./line-shape.ts";
import { LineValues, MISSING, NULL, OBJECT, STRING } from "./line-values.ts";

const decoder = /* @__PURE__ */ new TextDecoder("utf-8", { ignoreBOM: true });

/** More texts than these are forgotten: a log may have a subject for each of its lines. */
const MOST_TEXTS = 4_096;

/** Texts that come again and again, made of their bytes once. */
class KnownTexts {
  #table = new TextTable(false);
  #texts: string[] = [];

  textOf(bytes: Uint8Array, start: number, end: number): string {
    if (this.#texts.length === MOST_TEXTS) {
      this.#table = new TextTable(false);
      this.#texts = [];
    }
    const number = this.#table.numberOfBytes(bytes, start, end);
    const known = this.#texts[number];
    if (known !== undefined) return known;
    const text = decoder.decode(bytes.subarray(start, end));
    this.#texts.push(text);
    return text;
  }
}

/** An event that is a line of bytes: only what is asked for is made of them. */
export class LineEvent implements IncomingEvent {
  timestamp = Number.NaN;
  readonly #json = new JsonBytes();
  readonly #values: LineValues;
  readonly #shapes: LineShapes;
  readonly #scanner: LineScanner;
  readonly #reader: LineReader;
  readonly #texts = new KnownTexts();
  #start = 0;
  #end = 0;

  /** `paths` are those of all events. */
  constructor(paths: PathTree) {
    this.#values = new LineValues(paths.size);
    this.#shapes = new LineShapes(this.#json, this.#values);
    this.#scanner = new LineScanner(paths, this.#json, this.#values, this.#shapes);
    this.#reader = new LineReader(this.#json);
  }

  /** That of the line gone on to last; undefined where it has none that is known. */
  get shape(): LineShape | undefined {
    return this.#shapes.last;
  }

  setBytes(bytes: Uint8Array): void {
    this.#json.set(bytes);
  }

  /** Goes on to the line that begins there; gives its newline, or `UNSURE` when it is for the parser. */
  load(start: number): number {
    let end = this.#shapes.match(start);
    if (end === UNSURE) end = this.#scanner.scan(start);
    if (end === UNSURE || !this.#isEvent()) return UNSURE;
    this.#start = start;
    this.#end = end;
    return end;
  }

  get type(): string {
    return this.#text(TYPE) ?? "";
  }
  get namespace(): string | null {
    return this.#text(NAMESPACE);
  }
  get subject(): string | null {
    return this.#text(SUBJECT);
  }
  get externalSubject(): string | null {
    return this.#text(EXTERNAL_SUBJECT);
  }

  stageKey(seen: SeenKeys): boolean {
    const { kinds, starts, ends } = this.#values;
    if (kinds[KEY] !== STRING) return false;
    const start = starts[KEY] as number;
    seen.stageBytes(
      this.namespace,
      this.#text(SOURCE),
      this.#json.bytes,
      start,
      ends[KEY] as number,
    );
    return true;
  }

  keyText(): string | undefined {
    return this.#text(KEY) ?? undefined;
  }

  readFor(meter: Meter): void {
    const reader = this.#reader;
    const { kinds, starts, ends, numbers } = this.#values;
    const { valueSlot, dimensions } = meter;
    if (
      valueSlot !== -1 &&
      !reader.readValue(
        meter,
        meter.batch.size,
        kinds[valueSlot] as number,
        starts[valueSlot] as number,
        ends[valueSlot] as number,
        numbers[valueSlot] as number,
      )
    ) {
      this.#parseFor(meter);
      return;
    }
    for (let at = 0; at < dimensions.length; at++) {
      const { slot, texts } = dimensions[at] as UsedDimension;
      if (slot === -1) continue;
      const start = starts[slot] as number;
      const end = ends[slot] as number;
      meter.setText(at, reader.numberOfText(texts, kinds[slot] as number, start, end));
    }
  }

  /** Whether the fields are what they must be. What is not is for the parser's road, which says so. */
  #isEvent(): boolean {
    const { kinds, starts, ends } = this.#values;
    if (kinds[TYPE] !== STRING || kinds[DATA] !== OBJECT) return false;
    for (let field = SOURCE as number; field <= (KEY as number); field++) {
      const kind = kinds[field];
      if (kind !== STRING && kind !== MISSING && kind !== NULL) return false;
    }
    if (kinds[TIMESTAMP] === MISSING) {
      this.timestamp = Number.NaN;
      return true;
    }
    if (kinds[TIMESTAMP] !== STRING) return false;
    const start = starts[TIMESTAMP] as number;
    const end = ends[TIMESTAMP] as number;
    let time = parseTimestampBytes(this.#json.view, start, end);
    if (Number.isNaN(time)) time = readTimeByHand(this.#reader.textOf(start, end));
    this.timestamp = time;
    return !Number.isNaN(time);
  }

  #parseFor(meter: Meter): void {
    const event = parseJson(this.#reader.textOf(this.#start, this.#end));
    meter.readData(isJsonObject(event) ? event["data"] : undefined);
  }

  /** The text of a field; null where it is null or missing. */
  #text(slot: number): string | null {
    const { kinds, starts, ends } = this.#values;
    if (kinds[slot] !== STRING) return null;
    return this.#texts.textOf(this.#json.bytes, starts[slot] as number, ends[slot] as number);
  }
}
