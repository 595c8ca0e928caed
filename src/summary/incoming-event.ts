import type { EventFields } from "./event.ts";
import type { Meter } from "./meter.ts";
import type { SeenKeys } from "./seen-keys.ts";

/** An event as it comes in, from memory or from a line: what is asked of it, in this order. */
export interface IncomingEvent extends EventFields {
  /** Milliseconds since 1970; NaN when the event names no time. */
  readonly timestamp: number;
  /** Names the event's key to the keys seen; false when it has none. */
  stageKey(seen: SeenKeys): boolean;
  /** Lets a meter read what it uses. Throws an `UnreadableValueError`. */
  readFor(meter: Meter): void;
  /** The key as text, for messages. */
  keyText(): string | undefined;
}
