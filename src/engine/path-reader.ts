import { LOSSLESS_NUMBER } from "../values/lossless-json.ts";
import type { Column } from "./event-batch.ts";
import type { Path } from "./event-values.ts";

export type JsonObject = Readonly<Record<string, unknown>>;

/** Whether `Object.prototype` has members that a walk over names would meet. */
export function isObjectPrototypeBare(): boolean {
  for (const _ in Object.prototype) return false;
  return true;
}

/** So many members of an object are known by their place. */
const MAX_PLACES = 64;
/** In place of a value, and of the number of a text: none was taken. */
const NO_VALUE = Number.POSITIVE_INFINITY;
const NO_TEXT = -1;

/** An object is to be read in another way, it lacks members, or all of them were read. */
const UNREAD = 0;
const PARTIAL = 1;
const WHOLE = 2;
type Outcome = typeof UNREAD | typeof PARTIAL | typeof WHOLE;

/** A name on the way to values, with the columns of the value itself and what is beyond it. */
interface Member {
  readonly name: string;
  /** The first of its columns, which mostly is the only one. */
  column: Column | undefined;
  readonly others: Column[];
  beyond: PathTree | undefined;
  /** Whether there are others, or something beyond. */
  hasMore: boolean;
}

/** Whether a value is not an object, and its own JSON form. */
function isPlainValue(value: unknown): boolean {
  if (typeof value === "number") return Number.isFinite(value);
  return value === null || ["string", "boolean", "undefined"].includes(typeof value);
}

/** Whether a value is an object as a literal or `JSON.parse` makes them, whose members are all own. */
function isPlainObject(value: unknown): value is JsonObject {
  if (typeof value !== "object" || value === null) return false;
  if ((value as { toJSON?: unknown }).toJSON !== undefined || LOSSLESS_NUMBER in value)
    return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return (prototype === Object.prototype || prototype === null) && isObjectPrototypeBare();
}

/** Takes a value into a column; false where it is to be read in another way. */
function take(column: Column, row: number, value: unknown): boolean {
  if (typeof value === "string") {
    if (column.kind === "dimension") column.texts[row] = column.numberOf(value);
    else column.read(row, value);
    return true;
  }
  if (column.kind === "number" && typeof value === "number" && value - value === 0) {
    column.values[row] = value;
    return true;
  }
  if (!isPlainValue(value)) return false;
  column.read(row, value);
  return true;
}

/** The paths of columns as a tree of names, so that the members of an object are walked once, whatever their number. */
class PathTree {
  readonly members: Member[] = [];
  readonly #byName = new Map<string, Member>();
  // The names of the object before and what they led to: the next one mostly has the same names in the same places.
  readonly #names: string[] = [];
  readonly #found: (Member | undefined)[] = [];

  add(path: Path, column: Column): void {
    let tree: PathTree = this;
    for (let at = 0; at < path.length - 1; at++) {
      const member = tree.#memberOf(path[at] as string);
      member.hasMore = true;
      member.beyond ??= new PathTree();
      tree = member.beyond;
    }
    const member = tree.#memberOf(path.at(-1) as string);
    if (member.column === undefined) {
      member.column = column;
    } else {
      member.hasMore = true;
      member.others.push(column);
    }
  }

  #memberOf(name: string): Member {
    let member = this.#byName.get(name);
    if (member === undefined) {
      member = { name, column: undefined, others: [], beyond: undefined, hasMore: false };
      this.#byName.set(name, member);
      this.members.push(member);
    }
    return member;
  }

  /** Takes the values of a plain object. Throws what a getter throws, and for a number out of bounds. */
  read(object: JsonObject, row: number): Outcome {
    const names = this.#names;
    const found = this.#found;
    let left = this.members.length;
    let place = 0;
    let outcome: Outcome = WHOLE;
    for (const name in object) {
      const member = name === names[place] ? found[place] : this.#find(name, place);
      place++;
      if (member === undefined) continue;
      const value = object[name];
      const { column } = member;
      if (column !== undefined && !take(column, row, value)) return UNREAD;
      if (member.hasMore) {
        const more = readMore(member, row, value);
        if (more === UNREAD) return UNREAD;
        if (more === PARTIAL) outcome = PARTIAL;
      }
      if (--left === 0) return outcome;
    }
    return PARTIAL;
  }

  #find(name: string, place: number): Member | undefined {
    const member = this.#byName.get(name);
    if (place < MAX_PLACES) {
      // One behind the other from the start: places are met in order.
      this.#names[place] = name;
      this.#found[place] = member;
    }
    return member;
  }
}

function readMore({ others, beyond }: Member, row: number, value: unknown): Outcome {
  for (const column of others) if (!take(column, row, value)) return UNREAD;
  if (beyond === undefined) return WHOLE;
  // Beyond what is not an object everything is missing.
  if (isPlainValue(value)) return PARTIAL;
  return isPlainObject(value) ? beyond.read(value, row) : UNREAD;
}

/** Reads columns from the data of plain events. */
export class PathReader {
  readonly #columns: readonly Column[];
  readonly #tree = new PathTree();

  constructor(columns: readonly Column[]) {
    this.#columns = columns;
    for (const column of columns) this.#tree.add(column.path, column);
  }

  readRows(data: readonly JsonObject[], rows: Int32Array, count: number, size: number): number {
    const tree = this.#tree;
    const columns = this.#columns;
    if (columns.length === 0) return count;
    for (const { kind, values, texts } of columns) {
      if (kind === "dimension") texts.fill(NO_TEXT, 0, size);
      else values.fill(NO_VALUE, 0, size);
    }
    let index = 0;
    try {
      for (; index < count; index++) {
        const row = rows[index] as number;
        const outcome = tree.read(data[row] as JsonObject, row);
        if (outcome === UNREAD) break;
        if (outcome === PARTIAL) for (const column of columns) complete(column, row);
      }
    } catch {
      // A getter threw, or a number is out of bounds: checkEvent and readFromAny say where.
    }
    return index;
  }
}

/** Where nothing was taken, the value is missing. */
function complete(column: Column, row: number): void {
  const isTaken =
    column.kind === "dimension" ? column.texts[row] !== NO_TEXT : column.values[row] !== NO_VALUE;
  if (!isTaken) column.read(row, undefined);
}
