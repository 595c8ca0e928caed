import { InvalidInputError } from "../errors.ts";

/** How much of a source was read so far. */
export interface NdjsonProgress {
  readonly bytes: number;
  /** Every event, whether it counts or not. */
  readonly events: number;
}

/** How a source of NDJSON is read. */
export interface NdjsonOptions {
  /** Ends the reading: it rejects with the signal's reason, and the source is closed. */
  readonly signal?: AbortSignal | undefined;
  /** Called after each piece of the source. What it throws ends the reading. */
  readonly onProgress?: ((progress: NdjsonProgress) => void) | undefined;
}

/** Throws an `InvalidInputError`. */
export function refuseReading(path: readonly string[], message: string): never {
  throw new InvalidInputError("The events cannot be read", [{ path, message }]);
}

/** Takes the options of reading out of others; throws an `InvalidInputError`. */
export function splitOptions<Options extends NdjsonOptions>(
  options: Options,
): [reading: NdjsonOptions, others: Omit<Options, keyof NdjsonOptions>] {
  if (typeof options !== "object" || options === null)
    refuseReading([], "expected an object of options");
  const { signal, onProgress, ...others } = options;
  if (signal !== undefined && typeof signal?.throwIfAborted !== "function") {
    refuseReading(["signal"], "expected an AbortSignal");
  }
  if (onProgress !== undefined && typeof onProgress !== "function") {
    refuseReading(["onProgress"], "expected a function");
  }
  return [{ signal, onProgress }, others];
}
