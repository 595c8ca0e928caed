import { InvalidInputError, type Issue } from "../errors.ts";
import { JSON_PATH } from "../schemas/contract.ts";
import { isJsonObject } from "../values/json-form.ts";
import { parseTimestamp } from "../values/timestamp.ts";

/** Says what is wrong with a value, by the path given; nothing when all is well. */
export type Check = (value: unknown, path: Issue["path"]) => readonly Issue[];

/** What an object must look like: a check for each field it may have, and those that it must have. */
export interface Shape<Fields> {
  readonly fields: { readonly [Field in keyof Fields]-?: Check };
  readonly required: readonly (keyof Fields & string)[];
  /** What the fields must be together. */
  readonly together?: (object: Readonly<Record<string, unknown>>) => readonly Issue[];
}

/** A check with one condition, whose message is "expected ...". */
export function expecting(expected: string, holds: (value: unknown) => boolean): Check {
  return (value, path) => (holds(value) ? [] : [{ path, message: `expected ${expected}` }]);
}

export const text = expecting("text", (value) => typeof value === "string");
export const nonEmptyText = expecting(
  "text that is not empty",
  (value) => typeof value === "string" && value !== "",
);
export const jsonObject = expecting("an object", isJsonObject);
export const dateTime = expecting(
  'an RFC 3339 time with an offset, such as "2026-01-31T09:30:00Z"',
  (value) => typeof value === "string" && !Number.isNaN(parseTimestamp(value)),
);

/** Text that fits a pattern. */
export function matching(pattern: RegExp, example: string): Check {
  return expecting(
    `text such as ${JSON.stringify(example)} (${pattern.source})`,
    (value) => typeof value === "string" && pattern.test(value),
  );
}

export const jsonPath = matching(JSON_PATH, "$.usage.tokens");

/** One of a closed list of texts. */
export function oneOf(members: readonly string[]): Check {
  return expecting(
    members.length === 1 ? `"${members[0]}"` : `one of ${members.join(", ")}`,
    (value) => members.some((member) => member === value),
  );
}

/** What `check` asks for, or null. */
export function nullOr(check: Check): Check {
  return (value, path) => (value === null ? [] : check(value, path));
}

/** An object each of whose members, however named, `check` is content with. */
export function recordOf(check: Check): Check {
  return (value, path) =>
    isJsonObject(value)
      ? Object.entries(value).flatMap(([name, member]) => check(member, [...path, name]))
      : jsonObject(value, path);
}

function shapeIssues<Fields>(value: unknown, shape: Shape<Fields>): readonly Issue[] {
  if (!isJsonObject(value)) return jsonObject(value, []);
  const fields = Object.entries<Check>(shape.fields);
  const known = new Set(fields.map(([name]) => name));
  const required = new Set<string>(shape.required);
  return [
    ...fields.flatMap(([name, check]) => {
      const member = value[name];
      if (member !== undefined) return check(member, [name]);
      return required.has(name) ? [{ path: [name], message: "is required" }] : [];
    }),
    ...Object.keys(value)
      .filter((name) => !known.has(name))
      .map((name) => ({
        path: [name],
        message: `is not known here; there are ${[...known].join(", ")}`,
      })),
    ...(shape.together?.(value) ?? []),
  ];
}

/**
 * Throws an `InvalidInputError` with everything that is wrong with `value`, unknown fields included. `at` is where the
 * value stands.
 */
export function assertShape<Fields>(
  value: unknown,
  shape: Shape<Fields>,
  summary = "The request is not valid",
  at: Issue["path"] = [],
): asserts value is Fields {
  const issues = shapeIssues(value, shape);
  if (issues.length === 0) return;
  throw new InvalidInputError(
    summary,
    issues.map(({ path, message }) => ({ path: [...at, ...path], message })),
  );
}
