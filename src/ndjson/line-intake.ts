import { parseJson } from "../json.ts";
import type { CostEvent } from "../models.ts";
import type { EventIntake } from "../summary/intake.ts";
import { UNSURE } from "./json-bytes.ts";
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

/** Takes the events of lines in: from the bytes where the scanner is sure of a line, through the parser where not. */
export class LineIntake {
  readonly #intake: EventIntake;
  readonly #event: LineEvent;
  #line = 0;

  constructor(intake: EventIntake) {
    this.#intake = intake;
    this.#event = new LineEvent(intake.paths);
  }

  /** Takes whole lines, each with its newline. */
  add(lines: Uint8Array): void {
    const event = this.#event;
    event.setBytes(lines);
    for (let at = 0; at < lines.length; ) {
      this.#line++;
      let end = event.load(at);
      if (end === UNSURE) {
        end = lines.indexOf(NEWLINE, at);
        this.#parse(lines.subarray(at, end));
      } else {
        this.#intake.take(event, this.#line);
      }
      at = end + 1;
    }
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
