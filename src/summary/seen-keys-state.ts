import { ABSENT, type SeenKeys } from "./seen-keys.ts";

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

export function stateOfSeenKeys({ texts, scopes, keys }: SeenKeys): SeenKeysState {
  const textOf = (number: number): string | null =>
    number === ABSENT ? null : texts.textOf(number);
  const states = Array.from({ length: scopes.size }, (_, scope) => ({
    namespace: textOf(scopes.firstOf(scope)),
    source: textOf(scopes.secondOf(scope)),
    keys: [] as string[],
  }));
  const tags = keys.tags();
  for (const [at, key] of keys.texts().entries()) states[tags[at] as number]?.keys.push(key);
  return states
    .filter(({ keys }) => keys.length > 0)
    .map(({ namespace, source, keys }) => [namespace, source, keys]);
}
