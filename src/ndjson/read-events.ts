import type { InvalidEventError } from "../errors.ts";
import type { CostEvent } from "../models.ts";
import { callback, optional, strictObject } from "../schemas/fields.ts";
import { readInput } from "../schemas/input.ts";
import {
  bytesOf,
  type NdjsonOptions,
  type NdjsonSource,
  READING,
  UNREADABLE,
} from "./byte-source.ts";
import { type EventRecord, isEvent, LineRecords } from "./lines.ts";

/** How events are read from NDJSON. */
export interface ReadEventsOptions extends NdjsonOptions {
  /** Takes each line that is no event instead of its being thrown; the reading goes on with the next. */
  readonly onInvalidEvent?: ((error: InvalidEventError) => void) | undefined;
}

// In a function of its own: bundlers keep a spread at the top of a module, and all that it needs.
const readOptions = /* @__PURE__ */ (() =>
  strictObject(
    { ...READING, onInvalidEvent: optional(callback<(error: InvalidEventError) => void>()) },
    { what: "an object of options" },
  ))();

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
  const { signal, onProgress, onInvalidEvent } = readInput(readOptions, options, UNREADABLE);
  const lines = new LineRecords();
  let events = 0;
  let bytes = 0;
  function* eventsOf(records: Iterable<EventRecord>): Generator<CostEvent> {
    for (const record of records) {
      if (isEvent(record, events++, onInvalidEvent)) yield record.value as CostEvent;
    }
  }
  for await (const piece of bytesOf(source, signal)) {
    bytes += piece.length;
    // Not by `yield*`, which makes one more promise for each event.
    for (const event of eventsOf(lines.add(piece))) yield event;
    onProgress?.({ bytes, events });
  }
  for (const event of eventsOf(lines.end())) yield event;
  onProgress?.({ bytes, events });
}
