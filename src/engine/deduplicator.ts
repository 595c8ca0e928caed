import type { EventBatch } from "./event-batch.ts";
import { PairInterner, StringInterner, TextStore } from "./interners.ts";

/** In place of the number of a text: there is none. */
const NO_TEXT = -1;

type TextOrAbsent = string | null | undefined;

/** The namespaces and sources in which idempotency keys hold, numbered from 0; absent and null are the same. */
export class KeyScopes {
  readonly #texts = new StringInterner();
  readonly #pairs = new PairInterner();

  get size(): number {
    return this.#pairs.size;
  }

  numberOf(namespace: TextOrAbsent, source: TextOrAbsent): number {
    return this.#pairs.numberOf(this.#textNumber(namespace), this.#textNumber(source));
  }

  namespaceOf(scope: number): string | null {
    return this.#textOf(this.#pairs.firstOf(scope));
  }

  sourceOf(scope: number): string | null {
    return this.#textOf(this.#pairs.secondOf(scope));
  }

  #textNumber(text: TextOrAbsent): number {
    return text === undefined || text === null ? NO_TEXT : this.#texts.numberOf(text);
  }

  #textOf(number: number): string | null {
    return number === NO_TEXT ? null : this.#texts.textOf(number);
  }
}

/** One scope of idempotency keys in plain JSON: namespace, source (null where absent) and the keys seen. */
export type SeenKeysState = readonly [
  namespace: string | null,
  source: string | null,
  keys: readonly string[],
][];

/** Whether a value is what `state()` gives: it may have been changed elsewhere. */
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

/**
 * The idempotency keys of the events received so far. A key holds within its namespace and source, which are kept
 * apart (`a-b` + `c` is not `a` + `b-c`), and is compared in full.
 *
 * `stage` names a key; then `isSeen` says whether it is known, and `keep` adds it where it is not.
 */
export class Deduplicator {
  readonly #scopes = new KeyScopes();
  readonly #keys = new TextStore(true);

  /** Names the key of an event; false where it has none. */
  stageOf(batch: EventBatch, row: number): boolean {
    const { namespaces, sources, keyBytes } = batch;
    if (keyBytes !== undefined) {
      const { bytes, starts, ends } = keyBytes;
      const start = starts[row] as number;
      if (start === -1) return false;
      const scope = this.#scopes.numberOf(namespaces[row], sources[row]);
      this.#keys.stageBytes(bytes, start, ends[row] as number, scope);
      return true;
    }
    const key = batch.keys[row] ?? null;
    if (key === null) return false;
    this.#keys.stage(key, this.#scopes.numberOf(namespaces[row], sources[row]));
    return true;
  }

  stage(namespace: string | null, source: string | null, key: string): void {
    this.#keys.stage(key, this.#scopes.numberOf(namespace, source));
  }

  isSeen(): boolean {
    return this.#keys.find() !== -1;
  }

  keep(): void {
    this.#keys.keep();
  }

  /** Marks the first `count` events of a batch whose keys are known, and keeps the keys of the others. */
  markRepeated(batch: EventBatch, count: number, isRepeated: Uint8Array): void {
    for (let row = 0; row < count; row++) {
      isRepeated[row] = 0;
      if (!this.stageOf(batch, row)) continue;
      if (this.isSeen()) isRepeated[row] = 1;
      else this.keep();
    }
  }

  state(): SeenKeysState {
    const scopes = Array.from({ length: this.#scopes.size }, (_, scope) => ({
      namespace: this.#scopes.namespaceOf(scope),
      source: this.#scopes.sourceOf(scope),
      keys: [] as string[],
    }));
    const tags = this.#keys.tags();
    for (const [at, key] of this.#keys.texts().entries())
      scopes[tags[at] as number]?.keys.push(key);
    return scopes
      .filter(({ keys }) => keys.length > 0)
      .map(({ namespace, source, keys }) => [namespace, source, keys]);
  }
}
