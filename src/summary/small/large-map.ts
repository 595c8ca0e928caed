/** A Map without its limit of some 16.7 million entries: where one is full, another goes on. No value is undefined. */
export class LargeMap<Key, Value> {
  readonly #maps = [new Map<Key, Value>()];

  get(key: Key): Value | undefined {
    for (const map of this.#maps) {
      const value = map.get(key);
      if (value !== undefined) return value;
    }
    return undefined;
  }

  /** Adds an entry whose key is new, and gives its value. */
  add(key: Key, value: Value): Value {
    try {
      this.#maps.at(-1)?.set(key, value);
    } catch {
      this.#maps.push(new Map([[key, value]]));
    }
    return value;
  }

  values(): Value[] {
    return this.#maps.flatMap((map) => [...map.values()]);
  }
}

/** One text for several, or for null in their place, that no others have: each stands behind its length. */
export function textOf(texts: readonly (string | null)[]): string {
  return texts.map((text) => `${text?.length}:${text}`).join();
}
