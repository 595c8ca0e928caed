import { isChunk, type NdjsonSource, refuseReading } from "./byte-source.ts";
import { type ReadEventsOptions, readEvents } from "./read-events.ts";

/**
 * Where events come from: an array or another iterable of events, asynchronous or not (`readEvents`, `listAllEvents`, a
 * database cursor), or what `summarizeNdjson` reads.
 */
export type EventSource<Event extends object> =
  | NdjsonSource
  | Iterable<Event>
  | AsyncIterable<Event>;

type Step = IteratorResult<unknown>;
type AnyIterator = {
  next(): Step | PromiseLike<Step>;
  return?(): unknown;
};

/** Events between two calls of `onProgress`, where no bytes are counted. */
const PROGRESS_EVENTS = 10_000;

/** The iterator of what may be events; undefined for what only NDJSON can be. */
function iteratorOf(source: unknown): AnyIterator | undefined {
  if (typeof source !== "object" || source === null || isChunk(source)) return undefined;
  for (const key of [Symbol.asyncIterator, Symbol.iterator] as const) {
    const open = (source as Record<symbol, unknown>)[key];
    if (typeof open !== "function") continue;
    const iterator: unknown = open.call(source);
    if (typeof (iterator as AnyIterator | null)?.next === "function") {
      return iterator as AnyIterator;
    }
    refuseReading(["source"], "expected an iterator with a method next");
  }
  return undefined;
}

/**
 * Hands on the events of a source, one at a time and in order. The first piece of an iterable says whether it is of
 * NDJSON. Waits only where the source does: a million turns of the event loop take longer than a million events.
 */
export async function eachEvent(
  source: unknown,
  options: ReadEventsOptions,
  use: (event: unknown) => void,
): Promise<void> {
  const { signal, onProgress } = options;
  signal?.throwIfAborted();
  const iterator = iteratorOf(source);
  if (iterator === undefined) {
    for await (const event of readEvents(source as NdjsonSource, options)) use(event);
    return;
  }
  let isDone = false;
  const next = async (): Promise<Step> => {
    const step = await iterator.next();
    isDone = step.done === true;
    return step;
  };
  try {
    let step = await next();
    if (isChunk(step.value) && step.done !== true) {
      async function* pieces(): AsyncGenerator<never> {
        for (; step.done !== true; step = await next()) yield step.value as never;
      }
      for await (const event of readEvents(pieces(), options)) use(event);
      return;
    }
    let events = 0;
    while (step.done !== true) {
      use(step.value);
      if (++events % PROGRESS_EVENTS === 0) {
        onProgress?.({ bytes: 0, events });
        signal?.throwIfAborted();
      }
      const following = iterator.next();
      step =
        typeof (following as PromiseLike<Step>).then === "function"
          ? await following
          : (following as Step);
      isDone = step.done === true;
    }
    onProgress?.({ bytes: 0, events });
  } finally {
    if (!isDone) await iterator.return?.();
  }
}
