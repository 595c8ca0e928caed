/** One scope of idempotency keys in plain JSON: namespace, source (null where absent) and the keys seen. */
export type SeenKeysState = readonly [
  namespace: string | null,
  source: string | null,
  keys: readonly string[],
][];

/**
 * The idempotency keys of the events received so far. A key holds within its namespace and source, which are kept
 * apart (`a-b` + `c` is not `a` + `b-c`), and is compared in full.
 */
export class SeenKeys {
  readonly #scopes = new Map<string | null, Map<string | null, Set<string>>>();

  has(namespace: string | null, source: string | null, key: string): boolean {
    return this.#scopes.get(namespace)?.get(source)?.has(key) === true;
  }

  add(namespace: string | null, source: string | null, key: string): void {
    let sources = this.#scopes.get(namespace);
    if (sources === undefined) {
      sources = new Map();
      this.#scopes.set(namespace, sources);
    }
    let keys = sources.get(source);
    if (keys === undefined) {
      keys = new Set();
      sources.set(source, keys);
    }
    keys.add(key);
  }

  state(): SeenKeysState {
    return [...this.#scopes].flatMap(([namespace, sources]) =>
      [...sources].map(([source, keys]): SeenKeysState[number] => [namespace, source, [...keys]]),
    );
  }
}
