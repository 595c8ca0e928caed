import { messageOf } from "./record.ts";

/** Thrown for a value that JSON cannot carry; the message says what it is. Never leaves the library. */
export class NotJsonError extends Error {}

/** In words, what is wrong with a value whose reading threw `error`: a `NotJsonError`, or what its own code throws. */
export function unreadableBecause(error: unknown): string {
  if (error instanceof NotJsonError) return error.message;
  // The further lines of a TypeError about a cycle describe objects that the caller knows by other names.
  const [reason] = messageOf(error).split("\n", 1);
  return `expected a value of JSON; reading it threw ${reason}`;
}

/** Refuses what `JSON.stringify` would drop without a word, or throw an error of its own for. */
export function refuseUnfit(value: unknown): void {
  if (typeof value === "bigint") {
    throw new NotJsonError("JSON cannot carry a bigint: pass it as text");
  }
  if (typeof value === "function" || typeof value === "symbol") {
    throw new NotJsonError(`JSON cannot carry a ${typeof value}`);
  }
}
