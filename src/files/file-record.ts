import { InvalidInputError } from "../errors.ts";

/** One record of a file before it is checked to be an event; what is wrong with it where it cannot be read. */
export interface FileRecord {
  readonly value?: unknown;
  readonly problem?: string;
  /** From 1; undefined where a format has no lines. */
  readonly line: number | undefined;
}

/** The error of a file that cannot be read as what it is. */
export function unreadableFile(name: string, problem: string, cause?: unknown): InvalidInputError {
  return new InvalidInputError(
    `${name} cannot be read`,
    [{ path: [], message: problem }],
    cause === undefined ? undefined : { cause },
  );
}
