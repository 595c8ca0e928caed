import { isCostsError } from "metered-costs/summary";

/** What a command ends with: 0 for success, and these. */
export const EXIT = {
  differs: 1,
  rejected: 1,
  unavailable: 2,
  failed: 3,
  interrupted: 130,
} as const;

/** A command cannot go on: how it was called is wrong, or a file is. */
export class CommandError extends Error {
  override readonly name = "CommandError";
}

/** The message of a failure, for a person: without a stack where it is about the input. */
export function messageOf(error: unknown): string {
  if (error instanceof CommandError || isCostsError(error)) return error.message;
  if (!(error instanceof Error)) return String(error);
  const { code } = error as NodeJS.ErrnoException;
  return code === undefined ? (error.stack ?? error.message) : error.message;
}
