/** What a value is, such as `[object Object]` or, of whatever realm, `[object Error]`. */
export const tagOf = (value: unknown): string => Object.prototype.toString.call(value);

/** Whether a value is an object with members to read: an array, a Map, a Date and the like would pass for empty ones. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return tagOf(value) === "[object Object]";
}

/** What something that was thrown says: the message of an error, else its text. */
export const messageOf = (thrown: unknown): string =>
  thrown instanceof Error ? thrown.message : String(thrown);
