/** A list for each key, in the order in which items came. */
export class ListsByKey<Key, Item> extends Map<Key, Item[]> {
  push(key: Key, item: Item): void {
    const known = this.get(key);
    if (known === undefined) this.set(key, [item]);
    else known.push(item);
  }
}
