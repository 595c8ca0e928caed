import type { Batch } from "./batch.ts";
import type { DimensionTexts } from "./dimension-texts.ts";
import { isPlainObject } from "./path-tree.ts";
import type { Path } from "./values.ts";

/** What a name leads to. */
class Member {
  /** Whether the value that is counted is there. */
  isValue = false;
  /** The dimension whose text is there; -1 for none. */
  dimension = -1;
  texts: DimensionTexts | undefined;
  members: PlainValues | undefined;
}

/**
 * The paths that one meter uses, as a tree of names: one walk over the members of a plain object puts what is there
 * into the columns of a batch, with nothing kept on the way.
 */
export class PlainValues {
  readonly #names: string[] = [];
  readonly #members: Member[] = [];

  /** Puts the value at a path into the column of values. */
  addValue(path: Path): void {
    this.#memberAt(path).isValue = true;
  }

  /** Puts the text at a path into the column of a dimension. Two dimensions have two paths. */
  addDimension(path: Path, dimension: number, texts: DimensionTexts): void {
    const member = this.#memberAt(path);
    member.dimension = dimension;
    member.texts = texts;
  }

  /**
   * Reads the members of a plain object for the event at the end of the batch; leaves alone the columns of what is
   * missing. False when it meets what is no text, number or plain object on the way: then the event is to be read in
   * another way. `isUnique` is whether values are counted as texts, which is another way, too.
   */
  read(object: Record<string, unknown>, batch: Batch): boolean {
    const names = this.#names;
    const { length } = names;
    let left = length;
    for (const name in object) {
      for (let at = 0; at < length; at++) {
        if (name !== names[at]) continue;
        const value = object[name];
        const member = this.#members[at] as Member;
        if (typeof value === "number") {
          // Only of the value that is counted: the text of a number is made elsewhere, and NaN is null.
          if (!member.isValue || member.dimension !== -1 || !Number.isFinite(value)) return false;
          if (member.members !== undefined) return false;
          batch.values[batch.size] = value;
        } else if (typeof value === "string") {
          if (member.isValue || member.texts === undefined) return false;
          // What lies beyond it is missing then.
          if (member.members !== undefined) return false;
          (batch.texts[member.dimension] as Int32Array)[batch.size] = member.texts.numberOf(value);
        } else if (
          member.members === undefined ||
          member.isValue ||
          member.dimension !== -1 ||
          !isPlainObject(value) ||
          !member.members.read(value, batch)
        ) {
          return false;
        }
        left--;
        break;
      }
      if (left === 0) return true;
    }
    // What is missing is as rare as what is odd.
    return left === 0;
  }

  #memberAt(path: Path): Member {
    let node: PlainValues = this;
    let member = new Member();
    for (const [depth, text] of path.entries()) {
      // A key of an object is the string that a walk gives: equal ones are then the same, which is quick to see.
      const [name = ""] = Object.keys({ [text]: 0 });
      let at = node.#names.indexOf(name);
      if (at === -1) {
        at = node.#names.push(name) - 1;
        node.#members.push(new Member());
      }
      member = node.#members[at] as Member;
      if (depth === path.length - 1) break;
      member.members ??= new PlainValues();
      node = member.members;
    }
    return member;
  }
}
