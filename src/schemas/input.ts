import type * as z from "zod/mini";
import { InvalidInputError, type Issue } from "../errors.ts";
import { messageOf } from "../values/record.ts";

/** The beginning of the message of a refused argument, by the method that was called. */
export const nothingSent = (method: string): string => `${method}: nothing was sent`;

/** A path of zod as ours: a step in it may be a symbol, which no field of ours is. */
export const pathOf = (path: readonly PropertyKey[] = []): Issue["path"] =>
  path.map((step) => (typeof step === "symbol" ? String(step) : step));

/** The issues of zod as ours: a path and a message each. */
export function issuesOf(
  issues: readonly { readonly path: readonly PropertyKey[]; readonly message: string }[],
): Issue[] {
  return issues.map(({ path, message }) => ({ path: pathOf(path), message }));
}

/** In words, what reading a value threw: the code of a getter or of a proxy is the caller's. */
export function unreadable(thrown: unknown): string {
  return `expected a plain value; reading it threw ${messageOf(thrown)}`;
}

/**
 * Reads an argument with a schema: the schema's output, which is a copy. The argument is never changed.
 *
 * Throws an `InvalidInputError` that begins with `summary` and names everything that is wrong, each with its whole path.
 */
export function readInput<S extends z.core.$ZodType>(
  schema: S,
  given: unknown,
  summary: string,
): z.output<S> {
  const result = parseInput(schema, given, summary);
  if (result.success) return result.data;
  throw new InvalidInputError(summary, issuesOf(result.error.issues));
}

function parseInput<S extends z.core.$ZodType>(
  schema: S,
  given: unknown,
  summary: string,
): z.core.util.SafeParseResult<z.output<S>> {
  try {
    return (schema as unknown as z.ZodMiniType<z.output<S>>).safeParse(given);
  } catch (cause) {
    throw new InvalidInputError(summary, [{ path: [], message: unreadable(cause) }], { cause });
  }
}

/** Throws an `InvalidInputError` for one thing that is wrong with an argument. */
export function refuseInput(
  summary: string,
  path: Issue["path"],
  message: string,
  options?: { readonly cause: unknown },
): never {
  throw new InvalidInputError(summary, [{ path, message }], options);
}
