import type { CostEvent } from "../models.ts";
import { CAPACITY } from "../summary/batch.ts";
import type { EventIntake } from "../summary/intake.ts";
import { parseJson } from "../values/lossless-json.ts";
import { UNSURE } from "./json-bytes.ts";
import { LineBlock } from "./line-block.ts";
import { LineEvent } from "./line-event.ts";

const NEWLINE = 10;
const decoder = /* @__PURE__ */ new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Whether a line has only blanks in it: such lines are skipped. */
export function isBlank(line: Uint8Array): boolean {
  return line.every((byte) => byte === 32 || byte === 9 || byte === 13);
}

/** What a line says, in JSON with every digit; a message where it says nothing. */
export function parseLine(
  line: Uint8Array,
): { readonly value: unknown } | { readonly problem: string } {
  let text: string;
  try {
    text = decoder.decode(line);
  } catch {
    return { problem: "expected a line of UTF-8" };
  }
  try {
    return { value: parseJson(text) };
  } catch (error) {
    return {
      problem: `expected a line of JSON: ${error instanceof Error ? error.message : error}`,
    };
  }
}

/** Fewer bytes than these are not worth a block: in a process that has just started it takes as long to make. */
const WORTH_BLOCK = 1 << 15;

/**
 * Takes the events of lines in: some hundred at a time where lines are of known shapes, one by one where not, from the
 * bytes where the scanner is sure of a line, and through the parser where it is not.
 */
export class LineIntake {
  readonly #intake: EventIntake;
  readonly #event: LineEvent;
  /** Undefined while it is not worth it; null where there is none. */
  #block: LineBlock | null | undefined;
  #bytes = 0;
  #line = 0;

  constructor(intake: EventIntake) {
    this.#intake = intake;
    this.#event = new LineEvent(intake.paths);
  }

  /** Takes whole lines, each with its newline. */
  add(lines: Uint8Array): void {
    this.#bytes += lines.length;
    if (this.#block === undefined && this.#bytes >= WORTH_BLOCK) {
      const { paths, meters, needed } = this.#intake;
      this.#block = LineBlock.create(paths.size, meters, needed) ?? null;
    }
    const block = this.#block ?? undefined;
    if (block === undefined) {
      this.#event.setBytes(lines);
      this.#addEach(lines, 0, lines.length);
      return;
    }
    for (let from = 0; from < lines.length; ) {
      const length = block.fill(lines, from);
      if (length > 0) {
        this.#addBlock(block, block.start + length);
        from += length;
      } else {
        // A line that is longer than a block.
        const end = lines.indexOf(NEWLINE, from) + 1;
        this.#event.setBytes(lines);
        this.#addEach(lines, from, end);
        from = end;
      }
    }
  }

  #addBlock(block: LineBlock, end: number): void {
    const intake = this.#intake;
    this.#event.setBytes(block.bytes);
    let room = CAPACITY;
    for (let at = block.start; at < end; ) {
      const matched = block.match(at, end, room);
      const count = matched === 0 ? 0 : intake.takeAll(block);
      this.#line += count;
      at = block.startOf(count);
      const isFull = count === room;
      // Where lines were matched in vain, the next few are not for the block, either.
      room = count === matched ? Math.min(CAPACITY, room * 2) : 1;
      if (isFull || at === end) continue;
      at = this.#addOne(block.bytes, at);
      const { shape } = this.#event;
      if (shape !== undefined) block.learn(shape);
    }
  }

  #addEach(bytes: Uint8Array, from: number, end: number): void {
    for (let at = from; at < end; ) at = this.#addOne(bytes, at);
  }

  /** Takes the line that begins there; gives where the next begins. */
  #addOne(bytes: Uint8Array, at: number): number {
    this.#line++;
    const end = this.#event.load(at);
    if (end !== UNSURE) {
      this.#intake.take(this.#event, this.#line);
      return end + 1;
    }
    const newline = bytes.indexOf(NEWLINE, at);
    this.#parse(bytes.subarray(at, newline));
    return newline + 1;
  }

  #parse(line: Uint8Array): void {
    if (isBlank(line)) return;
    const parsed = parseLine(line);
    if ("value" in parsed) {
      this.#intake.add(parsed.value as CostEvent, this.#line);
    } else {
      const issues = [{ path: [], message: parsed.problem }];
      this.#intake.refuse({ key: undefined, issues }, this.#line);
    }
  }
}
