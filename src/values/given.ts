const MAX_SHOWN = 40;

/**
 * The end of a message that says what was expected: what was given instead. Long text is not shown: a part of a secret
 * in it could not be redacted.
 */
export function notGiven(given: unknown): string {
  if (typeof given === "string") {
    return given.length > MAX_SHOWN
      ? `, not text of ${given.length} characters`
      : `, not ${JSON.stringify(given)}`;
  }
  return typeof given === "number" || given === null ? `, not ${given}` : "";
}
