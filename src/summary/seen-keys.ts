import { DimensionTexts } from "./dimension-texts.ts";
import { PairTable } from "./pair-table.ts";
import { TextTable } from "./text-table.ts";

/** One scope of idempotency keys in plain JSON: namespace, source (null where absent) and the keys seen. */
export type SeenKeysState = readonly [
  namespace: string | null,
  source: string | null,
  keys: readonly string[],
][];

/** Whether a value is what `state()` gives, whoever has had it in the meantime. */
export function isSeenKeysState(value: unknown): value is SeenKeysState {
  const isText = (text: unknown): boolean => typeof text === "string";
  return (
    Array.isArray(value) &&
    value.every(
      (scope) =>
        Array.isArray(scope) &&
        [scope[0], scope[1]].every((text) => isText(text) || text === null) &&
        Array.isArray(scope[2]) &&
        scope[2].every(isText),
    )
  );
}

/** In place of the number of a text: there is none. */
const ABSENT = -1;

/**
 * The idempotency keys of the events received so far. A key holds within its namespace and source, which are kept
 * apart (`a-b` + `c` is not `a` + `b-c`), and is compared in full.
 *
 * `stage` names a key; then `isSeen` says whether it is here already, and `keep` adds it, when it is not.
 */
export class SeenKeys {
  readonly #texts = new DimensionTexts();
  readonly #scopes = new PairTable();
  readonly #keys = new TextTable(true);

  stage(namespace: string | null, source: string | null, key: string): void {
    this.#keys.stage(key, this.#scopeOf(namespace, source));
  }

  /** As `stage`, of the key whose UTF-8 the bytes from `start` to `end` are. */
  stageBytes(
    namespace: string | null,
    source: string | null,
    bytes: Uint8Array,
    start: number,
    end: number,
  ): void {
    this.#keys.stageBytes(bytes, start, end, this.#scopeOf(namespace, source));
  }

  isSeen(): boolean {
    return this.#keys.find() !== -1;
  }

  keep(): void {
    this.#keys.keep();
  }

  state(): SeenKeysState {
    const textOf = (number: number): string | null =>
      number === ABSENT ? null : this.#texts.textOf(number);
    const scopes = Array.from({ length: this.#scopes.size }, (_, scope) => ({
      namespace: textOf(this.#scopes.firstOf(scope)),
      source: textOf(this.#scopes.secondOf(scope)),
      keys: [] as string[],
    }));
    for (const [scope, key] of this.#keys.entries()) scopes[scope]?.keys.push(key);
    return scopes
      .filter(({ keys }) => keys.length > 0)
      .map(({ namespace, source, keys }) => [namespace, source, keys]);
  }

  #scopeOf(namespace: string | null, source: string | null): number {
    return this.#scopes.numberOf(
      namespace === null ? ABSENT : this.#texts.numberOf(namespace),
      source === null ? ABSENT : this.#texts.numberOf(source),
    );
  }
}
