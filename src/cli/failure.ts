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

/** What the codes of the file system mean. */
const FILE_PROBLEMS: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file or folder",
  ENOTDIR: "a part of the path is a file, not a folder",
  EACCES: "it may not be read or written by this user",
  ENOSPC: "the disk is full",
};

/** The message of a failure, for a person: without a stack where it is about the input. */
export function messageOf(error: unknown): string {
  if (error instanceof CommandError || isCostsError(error)) return error.message;
  if (!(error instanceof Error)) return String(error);
  const { code, path } = error as NodeJS.ErrnoException;
  if (code === undefined) return error.stack ?? error.message;
  const problem = FILE_PROBLEMS[code];
  return problem === undefined || path === undefined ? error.message : `${path}: ${problem}`;
}
