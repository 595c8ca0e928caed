import { InvalidInputError } from "../errors.ts";

/** The error of a file that cannot be read as what it is. */
export function unreadableFile(name: string, problem: string, cause?: unknown): InvalidInputError {
  return new InvalidInputError(
    `${name} cannot be read`,
    [{ path: [], message: problem }],
    cause === undefined ? undefined : { cause },
  );
}
