import type { EventBatch } from "../engine/event-batch.ts";
import { WINDOW_LENGTHS } from "../engine/plan.ts";
import type { MeterWindow } from "../models.ts";
import { startOf } from "../values/timestamp.ts";

/** The first instant of the window that holds `timestamp`, UTC, in milliseconds since 1970. */
function windowStart(timestamp: number, size: MeterWindow): number {
  if (size !== "MONTH") {
    const length = WINDOW_LENGTHS[size];
    return startOf(timestamp, length);
  }
  const month = new Date(timestamp);
  month.setUTCDate(1);
  return month.setUTCHours(0, 0, 0, 0);
}

/** The exclusive end of the window that starts there. */
export function windowEnd(start: number, size: MeterWindow): number {
  if (size !== "MONTH") return start + WINDOW_LENGTHS[size];
  const next = new Date(start);
  return next.setUTCMonth(next.getUTCMonth() + 1);
}

/** Gives the start of the window of an event of a batch, as text: windows that are crossed with groups. */
export function windowTexts(size: MeterWindow): (batch: EventBatch, row: number) => string {
  let start = 0;
  let end = 0;
  let text = "";
  return ({ times }, row) => {
    const time = times[row] as number;
    // Events mostly come in the order of time.
    if (time < start || time >= end) {
      start = windowStart(time, size);
      end = windowEnd(start, size);
      text = String(start);
    }
    return text;
  };
}
