import type { EventFields } from "./event.ts";
import type { Meter, MeteredEvents } from "./meter.ts";
import { PathTree } from "./path-tree.ts";
import type { SeenKeys } from "./seen-keys.ts";

/** The slots of an event's fields. */
export const TYPE = 0;
export const SOURCE = 1;
export const SUBJECT = 2;
export const EXTERNAL_SUBJECT = 3;
export const NAMESPACE = 4;
export const KEY = 5;
export const TIMESTAMP = 6;
export const DATA = 7;
const FIELDS = [
  "type",
  "source",
  "subject",
  "externalSubject",
  "namespace",
  "idempotencyKey",
  "timestamp",
  "data",
];

/** The paths of an event's fields; those into its data are to be added. */
export function fieldPaths(): PathTree {
  const paths = new PathTree();
  for (const name of FIELDS) paths.slotOf([name]);
  return paths;
}

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

/** Events as they come in, some hundred at a time, in columns. */
export interface IncomingEvents extends MeteredEvents {
  /** How many there are. */
  readonly size: number;
  /** Names the key of an event to the keys seen; false when it has none. */
  stageKey(seen: SeenKeys, at: number): boolean;
}
