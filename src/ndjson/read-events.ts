import { checkEvent, type EventProblem } from "../engine/from-any.ts";
import { InvalidEventError } from "../errors.ts";
import type { CostEvent } from "../models.ts";
import {
  bytesOf,
  LineBytes,
  type NdjsonOptions,
  type NdjsonSource,
  refuseReading,
  splitOptions,
} from "./byte-source.ts";
import { isBlank, parseLine } from "./from-lines.ts";

const NEWLINE = 10;

/** How events are read from NDJSON. */
export interface ReadEventsOptions extends NdjsonOptions {
  /** Takes each line that is no event instead of its being thrown; the reading goes on with the next. */
  readonly onInvalidEvent?: ((error: InvalidEventError) => void) | undefined;
}

function problemOf(event: unknown): EventProblem | undefined {
  const checked = checkEvent(event);
  return "issues" in checked ? checked : undefined;
}

/**
 * The events of NDJSON, one JSON object a line, in order and one at a time: for `ingestAll`, `summarizeCost` or your own
 * loop. Each is checked to be an event. Numbers that a JS number cannot hold keep their digits for this library's
 * functions; to others they look like objects, whose `text` has the digits.
 *
 * The source may be a web or Node stream, a `Blob`, a `Response`, or an iterable of bytes or text. Blank lines and a
 * leading byte-order mark are skipped; the last line needs no newline; an empty source has no events. When the loop
 * ends early, the source is closed.
 *
 * Throws, at its first step, an `InvalidInputError` for a source or option that cannot be used. Throws an
 * `InvalidEventError` with the line's number for a line that is not UTF-8, not a JSON object or not an event, unless
 * `onInvalidEvent` takes it. Throws what the source itself throws, and the signal's reason.
 *
 * @example
 * ```ts
 * import { readEvents } from "metered-costs/summary";
 *
 * const log = '{"type":"api.call","timestamp":"2026-06-15T12:00:00Z","data":{}}\n';
 * for await (const event of readEvents(new Blob([log]))) console.log(event.type); // api.call
 * ```
 */
export async function* readEvents(
  source: NdjsonSource,
  options: ReadEventsOptions = {},
): AsyncGenerator<CostEvent, void, undefined> {
  const [{ signal, onProgress }, { onInvalidEvent, ...others }] = splitOptions(options);
  for (const name of Object.keys(others)) {
    refuseReading([name], "unknown field: expected signal, onProgress, onInvalidEvent");
  }
  if (onInvalidEvent !== undefined && typeof onInvalidEvent !== "function") {
    refuseReading(["onInvalidEvent"], "expected a function");
  }
  let line = 0;
  let events = 0;
  let bytes = 0;
  const whole: Uint8Array[] = [];
  const lines = new LineBytes((some) => void whole.push(some));
  function* read(): Generator<CostEvent> {
    for (const some of whole.splice(0)) {
      for (let at = 0, end = 0; at < some.length; at = end + 1) {
        end = some.indexOf(NEWLINE, at);
        line++;
        const text = some.subarray(at, end);
        if (isBlank(text)) continue;
        const index = events++;
        const parsed = parseLine(text);
        const problem =
          "value" in parsed
            ? problemOf(parsed.value)
            : { key: undefined, issues: [{ path: [], message: parsed.problem }] };
        if (problem === undefined && "value" in parsed) {
          yield parsed.value as CostEvent;
          continue;
        }
        const error = new InvalidEventError({
          index,
          line,
          key: undefined,
          issues: [],
          ...problem,
        });
        if (onInvalidEvent === undefined) throw error;
        onInvalidEvent(error);
      }
    }
  }
  for await (const piece of bytesOf(source, signal)) {
    lines.add(piece);
    bytes += piece.length;
    yield* read();
    onProgress?.({ bytes, events });
  }
  lines.end();
  yield* read();
  onProgress?.({ bytes, events });
}
