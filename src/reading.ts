import type { Issue } from "./errors.ts";

/** Makes something of a value, or says at its place what is wrong with it and gives what is to stand there instead. */
export type Reader = (value: unknown, at: Place) => unknown;
/** A reader for each field that an object may have, by name. */
export type Shape = Readonly<Record<string, Reader>>;

/** Where in a tree the reading is. It is moved along, not copied, so that what is fine costs nothing. */
export class Place {
  readonly #path: (string | number)[] = [];
  readonly #report: (issue: Issue, isLight: boolean) => void;

  constructor(report: (issue: Issue, isLight: boolean) => void) {
    this.#report = report;
  }

  /** Reports what is wrong with the value here. How much lighter a light problem is, is for the one who is told to say. `further` leads from here to where it is. */
  wrong(message: string, isLight = false, ...further: readonly (string | number)[]): undefined {
    this.#report({ path: [...this.#path, ...further], message }, isLight);
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

/** Leaves out what is not there. */
/* @__NO_SIDE_EFFECTS__ */
export function optional(read: Reader): Reader {
  return (value, at) => (value === undefined ? value : read(value, at));
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

/* @__NO_SIDE_EFFECTS__ */
export function expectedOneOf(members: readonly string[]): string {
  return `expected one of ${members.join(", ")}`;
}
