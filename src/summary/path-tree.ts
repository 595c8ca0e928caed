import type { Path } from "./values.ts";

/** Whether `Object.prototype` has members that a walk over names would meet. */
export function isObjectPrototypeBare(): boolean {
  for (const _ in Object.prototype) return false;
  return true;
}

/** Whether a value is an object as a literal or `JSON.parse` makes them, whose members are all of its own. */
export function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return (
    (prototype === Object.prototype || prototype === null) &&
    (value as { toJSON?: unknown }).toJSON === undefined &&
    isObjectPrototypeBare()
  );
}

/**
 * All the paths that are used, as a tree of names, each with the slot its value goes to: so that the members of an
 * event are walked over once, whatever the number of paths and costs.
 */
export class PathTree {
  readonly #names: string[] = [];
  readonly #branches: (PathTree | undefined)[] = [];
  /** -1 where a name is only on the way to another. */
  readonly #slots: number[] = [];
  #size = 0;

  /** How many slots there are. */
  get size(): number {
    return this.#size;
  }

  /** The slot of a path, which is added when it is new. */
  slotOf(path: Path): number {
    let node: PathTree = this;
    let at = -1;
    for (const [depth, name] of path.entries()) {
      at = node.#names.indexOf(name);
      if (at === -1) {
        at = node.#names.push(name) - 1;
        node.#branches.push(undefined);
        node.#slots.push(-1);
      }
      if (depth === path.length - 1) break;
      node.#branches[at] ??= new PathTree();
      node = node.#branches[at] as PathTree;
    }
    if (node.#slots[at] === -1) node.#slots[at] = this.#size++;
    return node.#slots[at] as number;
  }

  /** Every path that has a slot, by its slot. */
  paths(): Path[] {
    const paths: Path[] = [];
    const visit = (node: PathTree, way: Path): void => {
      for (const { name, slot, branch } of node.members()) {
        if (slot !== -1) paths[slot] = [...way, name];
        if (branch !== undefined) visit(branch, [...way, name]);
      }
    };
    visit(this, []);
    return paths;
  }

  /** The names at the root. `slot` is -1 where a name is only on the way to another. */
  members(): {
    readonly name: string;
    readonly slot: number;
    readonly branch: PathTree | undefined;
  }[] {
    return this.#names.map((name, at) => ({
      name,
      slot: this.#slots[at] as number,
      branch: this.#branches[at],
    }));
  }
}
