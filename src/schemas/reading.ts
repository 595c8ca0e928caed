import { InvalidInputError, type Issue } from "../errors.ts";
import { defineMember } from "../values/lossless-json.ts";
import { isRecord } from "../values/record.ts";

/** Makes something of a value, or says at its place what is wrong with it and gives what is to stand there instead. */
export type Reader = (value: unknown, at: Place) => unknown;
/** A reader for each field that an object may have, by name. */
export type Shape = Readonly<Record<string, Reader>>;
/** Looks at what fields must be together, each of which may be wrong by itself. */
type Together = (given: Record<string, unknown>, at: Place) => void;

/** Where in a tree the reading is. It is moved along, not copied, so that what is fine costs nothing. */
export class Place {
  readonly #path: (string | number)[] = [];
  readonly #report: (issue: Issue, isDrift: boolean) => void;
  readonly #found: (value: unknown) => string;

  /** `found` says of a value that it was found, where that may be told. */
  constructor(report: (issue: Issue, isDrift: boolean) => void, found = (_value: unknown) => "") {
    this.#report = report;
    this.#found = found;
  }

  /** Reports what is wrong here, or `further` in. An answer can be used in spite of drift; of an argument all has to be right. */
  wrong(message: string, isDrift = true, ...further: readonly (string | number)[]): undefined {
    this.#report({ path: [...this.#path, ...further], message }, isDrift);
  }

  /** Reports a value that is not what was expected. */
  expected(what: string, value: unknown, isDrift = true): undefined {
    return this.wrong(`expected ${what}${this.#found(value)}`, isDrift);
  }

  /** What `read` makes of the value one step further in. */
  inside(step: string | number, value: unknown, read: Reader): unknown {
    this.#path.push(step);
    const made = read(value, this);
    this.#path.pop();
    return made;
  }
}

export const isText = (value: unknown): value is string => typeof value === "string";
export const isFunction = (value: unknown): boolean => typeof value === "function";

/** Leaves out what is not there, or has something else stand there. */
/* @__NO_SIDE_EFFECTS__ */
export function optional(read: Reader, otherwise?: unknown): Reader {
  return (value, at) => (value === undefined ? otherwise : read(value, at));
}

/** Leaves null as it is. */
/* @__NO_SIDE_EFFECTS__ */
export function nullable(read: Reader): Reader {
  return (value, at) => (value === null ? value : read(value, at));
}

/** Leaves null as it is, and out what is not there. */
/* @__NO_SIDE_EFFECTS__ */
export function nullish(read: Reader): Reader {
  return optional(nullable(read));
}

/** A value that is fine, as it is. */
/* @__NO_SIDE_EFFECTS__ */
export function expecting(what: string, isFine: (value: unknown) => boolean): Reader {
  return (value, at) => (isFine(value) ? value : at.expected(what, value));
}

/** Text of which some is known. Other text may be new to the contract, and stays. */
/* @__NO_SIDE_EFFECTS__ */
function known(what: string, isKnown: (value: string) => boolean): Reader {
  return (value, at) => {
    const isOfText = isText(value);
    if (!isOfText || !isKnown(value)) at.expected(what, value);
    return isOfText ? value : undefined;
  };
}

/* @__NO_SIDE_EFFECTS__ */
export function oneOf(members: readonly string[]): Reader {
  const choice = members.length > 1 ? "one of " : "";
  return known(choice + members.join(", "), (value) => members.includes(value));
}

/* @__NO_SIDE_EFFECTS__ */
export function matching(pattern: RegExp, example: string): Reader {
  return known(`text such as ${example} (${pattern.source})`, (value) => pattern.test(value));
}

/* @__NO_SIDE_EFFECTS__ */
export function wholeNumber(least: number, most = Number.MAX_SAFE_INTEGER): Reader {
  return expecting(
    `a whole number from ${least} to ${most}`,
    (value) => Number.isInteger(value) && Number(value) >= least && Number(value) <= most,
  );
}

export const text = expecting("text", isText);
export const boolean = expecting("true or false", (value) => typeof value === "boolean");
export const milliseconds = expecting(
  "milliseconds, at least 0",
  (value) => typeof value === "number" && value >= 0,
);
export const optionalText = optional(text);
export const optionalFunction = optional(expecting("a function", isFunction));

/** Reads the members of an object that the shape does not name, in place. */
function readOthers(
  object: Record<string, unknown>,
  shape: Shape,
  read: Reader,
  at: Place,
): Record<string, unknown> {
  for (const name of Object.keys(object)) {
    if (Object.hasOwn(shape, name)) continue;
    const given = object[name];
    const made = at.inside(name, given, read);
    if (made !== given) defineMember(object, name, made);
  }
  return object;
}

/** An object, read in place; what the shape does not name is for `unknown`. */
/* @__NO_SIDE_EFFECTS__ */
export function fields(shape: Shape, unknown: Reader, isDrift = false): Reader {
  return (value, at) => {
    if (!isRecord(value)) return at.expected("an object", value, isDrift);
    for (const name of Object.keys(shape)) {
      const given = value[name];
      const made = at.inside(name, given, shape[name] as Reader);
      if (made !== given) value[name] = made;
    }
    return readOthers(value, shape, unknown, at);
  };
}

/** An object of which every member, however named, is read. */
/* @__NO_SIDE_EFFECTS__ */
export function everyMember(read: Reader, isDrift = false): Reader {
  return (value, at) =>
    isRecord(value)
      ? readOthers({ ...value }, {}, read, at)
      : at.expected("an object from name to value", value, isDrift);
}

/** An array of which every item is read. */
/* @__NO_SIDE_EFFECTS__ */
export function list(read: Reader, isDrift = false, what = "an array"): Reader {
  return (value, at) =>
    Array.isArray(value)
      ? value.map((item, index) => at.inside(index, item, read))
      : at.expected(what, value, isDrift);
}

/** Throws an `InvalidInputError` for one thing that is wrong with an argument. */
export function refuse(
  summary: string,
  path: Issue["path"],
  message: string,
  options?: { readonly cause: unknown },
): never {
  throw new InvalidInputError(summary, [{ path, message }], options);
}

/**
 * What is made of an argument: an object that has no other fields than those of the shape. Throws an
 * `InvalidInputError` that names all that is wrong with it.
 */
export function readArgument<T>(
  summary: string,
  shape: Shape,
  given: unknown,
  together?: Together,
): T {
  const issues: Issue[] = [];
  const at = new Place((issue) => issues.push(issue));
  const unknown: Reader = () => at.wrong(`unknown; there are ${Object.keys(shape).join(", ")}`);
  const copy = isRecord(given) ? { ...given } : given;
  const made = fields(shape, unknown)(copy, at) as Record<string, unknown>;
  if (made !== undefined) together?.(made, at);
  if (issues.length > 0) throw new InvalidInputError(summary, issues);
  return made as T;
}
