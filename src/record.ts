/** Whether a value is an object with members to read: an array, a Map, a Date and the like would pass for empty ones. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return Object.prototype.toString.call(value) === "[object Object]";
}
