import { DimensionTexts } from "./dimension-texts.ts";
import { PairTable } from "./pair-table.ts";
import { TextTable } from "./text-table.ts";

/** In place of the number of a text: there is none. */
export const ABSENT = -1;

/**
 * The idempotency keys of the events received so far. A key holds within its namespace and source, which are kept
 * apart (`a-b` + `c` is not `a` + `b-c`), and is compared in full.
 *
 * `stage` names a key; then `isSeen` says whether it is here already, and `keep` adds it, when it is not.
 */
export class SeenKeys {
  readonly texts = new DimensionTexts();
  readonly scopes = new PairTable();
  readonly keys = new TextTable(true);

  stage(namespace: string | null, source: string | null, key: string): void {
    this.keys.stage(key, this.#scopeOf(namespace, source));
  }

  /** As `stage`, of the key whose UTF-8 the bytes from `start` to `end` are. */
  stageBytes(
    namespace: string | null,
    source: string | null,
    bytes: Uint8Array,
    start: number,
    end: number,
  ): void {
    this.keys.stageBytes(bytes, start, end, this.#scopeOf(namespace, source));
  }

  isSeen(): boolean {
    return this.keys.find() !== -1;
  }

  keep(): void {
    this.keys.keep();
  }

  #scopeOf(namespace: string | null, source: string | null): number {
    return this.scopes.numberOf(
      namespace === null ? ABSENT : this.texts.numberOf(namespace),
      source === null ? ABSENT : this.texts.numberOf(source),
    );
  }
}
