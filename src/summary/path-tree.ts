import { LOSSLESS_NUMBER } from "../values/lossless-json.ts";
import type { Path } from "./values.ts";

/** Whether `Object.prototype` has members that a walk over names would meet. */
export function isObjectPrototypeBare(): boolean {
  for (const _ in Object.prototype) return false;
  return true;
}

/** Whether a value is an object as a literal or `JSON.parse` makes them, whose members are all of its own. */
export function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null) return false;
  if ((value as { toJSON?: unknown }).toJSON !== undefined) return false;
  if (LOSSLESS_NUMBER in value) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return (prototype === Object.prototype || prototype === null) && isObjectPrototypeBare();
}

/** Whether a value is no object and its own JSON form. */
export function isPlainValue(value: unknown): boolean {
  if (typeof value === "number") return Number.isFinite(value);
  return value === null || ["string", "boolean", "undefined"].includes(typeof value);
}

/** So many members of an object are known by their place. */
const MOST_PLACES = 64;
/** In place of a slot: the name leads to nothing that is used. */
const UNUSED = -1;

/** What takes the values of a slot in. */
export interface SlotReader {
  /** Takes the value of an event; false where it is to be read in another way. */
  take(value: unknown, at: number): boolean;
}

/** What became of an object: it is to be read in another way, it lacks members, or all of them were read. */
export const UNREAD = 0;
export const PARTIAL = 1;
export const WHOLE = 2;
export type Outcome = typeof UNREAD | typeof PARTIAL | typeof WHOLE;

/** What a name leads to. `slot` is -1 where it is only on the way to another. */
interface Member {
  readonly name: string;
  slot: number;
  branch: PathTree | undefined;
}

/**
 * All the paths that are used, as a tree of names, each with the slot its value goes to: so that the members of an
 * event are walked over once, whatever the number of paths and costs.
 */
export class PathTree {
  readonly members: Member[] = [];
  #size = 0;
  // The names of the object before and where they lead: the next has the same in the same places, mostly.
  readonly #names = new Array<string>(MOST_PLACES).fill("");
  readonly #slots = new Array<number>(MOST_PLACES).fill(UNUSED);

  /** How many slots there are. */
  get size(): number {
    return this.#size;
  }

  /** The slot of a path, which is added when it is new. */
  slotOf(path: Path): number {
    let { members } = this as PathTree;
    let member = memberOf(members, path[0] as string);
    for (const name of path.slice(1)) {
      member.branch ??= new PathTree();
      members = member.branch.members;
      member = memberOf(members, name);
    }
    if (member.slot === UNUSED) member.slot = this.#size++;
    return member.slot;
  }

  /**
   * Hands the values of a plain object to the readers of their slots. `UNREAD` when an object on the way is not plain,
   * or a reader does not take a value. Throws what a getter or a reader throws.
   */
  read(
    object: Readonly<Record<string, unknown>>,
    readers: readonly SlotReader[],
    at: number,
  ): Outcome {
    const names = this.#names;
    const slots = this.#slots;
    let left = this.members.length;
    let place = 0;
    let outcome: Outcome = WHOLE;
    for (const name in object) {
      const slot = name === names[place] ? (slots[place] as number) : this.#find(name, place);
      place++;
      if (slot === UNUSED) continue;
      const value = object[name];
      if (slot >= 0) {
        if (!(readers[slot] as SlotReader).take(value, at)) return UNREAD;
      } else {
        const beyond = this.#readBeyond(-2 - slot, value, readers, at);
        if (beyond === UNREAD) return UNREAD;
        if (beyond === PARTIAL) outcome = PARTIAL;
      }
      if (--left === 0) return outcome;
    }
    return PARTIAL;
  }

  /** The slot of a name; of one that is on the way to others, -2 - its index. */
  #find(name: string, place: number): number {
    const { members } = this;
    for (let index = 0; index < members.length; index++) {
      const member = members[index] as Member;
      if (member.name !== name) continue;
      const slot = member.branch === undefined ? member.slot : -2 - index;
      if (place < MOST_PLACES) {
        this.#names[place] = name;
        this.#slots[place] = slot;
      }
      return slot;
    }
    if (place < MOST_PLACES) {
      this.#names[place] = name;
      this.#slots[place] = UNUSED;
    }
    return UNUSED;
  }

  #readBeyond(index: number, value: unknown, readers: readonly SlotReader[], at: number): Outcome {
    const { slot, branch } = this.members[index] as Member;
    if (slot !== UNUSED && !(readers[slot] as SlotReader).take(value, at)) return UNREAD;
    // Beyond what is no object everything is missing.
    if (isPlainValue(value)) return PARTIAL;
    return isPlainObject(value) && branch !== undefined ? branch.read(value, readers, at) : UNREAD;
  }
}

function memberOf(members: Member[], name: string): Member {
  let member = members.find((one) => one.name === name);
  if (member === undefined) {
    member = { name, slot: UNUSED, branch: undefined };
    members.push(member);
  }
  return member;
}
