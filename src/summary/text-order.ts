/** Fewer are sorted as they are. */
const WORTH_KEYS = 128;
/** So many bits of a double are a whole number. */
const KEY_BITS = 49;

/**
 * A number for each text by the first characters in which the texts differ at all, so that a text before another has
 * no larger one. Seven characters of ASCII, or three of anything, go into one.
 */
export function keysOf(texts: readonly string[]): Float64Array {
  const [first = ""] = texts;
  let common = first.length;
  let all = 0;
  for (const text of texts) {
    let at = 0;
    while (at < common && text.charCodeAt(at) === first.charCodeAt(at)) at++;
    common = at;
  }
  for (const text of texts) {
    const end = Math.min(text.length, common + 7);
    for (let at = common; at < end; at++) all |= text.charCodeAt(at);
  }
  const bits = all < 128 ? 7 : 16;
  const length = Math.floor(KEY_BITS / bits);
  const base = 2 ** bits;
  return Float64Array.from(texts, (text) => {
    let key = 0;
    for (let at = common; at < common + length; at++) {
      key = key * base + (at < text.length ? text.charCodeAt(at) : 0);
    }
    return key;
  });
}

/** Where in ascending numbers the first is that is not below `key`. */
function placeOf(sorted: Float64Array, key: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] as number) < key) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The indexes of `keys` in the order of the keys; `compare` decides between indexes of equal ones. */
function sortedByKeys(keys: Float64Array, compare: (a: number, b: number) => number): Int32Array {
  // An engine sorts plain numbers many times as fast as whatever it has to call a function for.
  const sorted = keys.slice().sort();
  const order = new Int32Array(keys.length);
  const counts = new Int32Array(keys.length);
  for (let index = 0; index < keys.length; index++) {
    const place = placeOf(sorted, keys[index] as number);
    order[place + (counts[place] as number)] = index;
    counts[place] = (counts[place] as number) + 1;
  }
  for (let place = 0; place < counts.length; place++) {
    const count = counts[place] as number;
    if (count > 1) order.subarray(place, place + count).sort(compare);
  }
  return order;
}

/** As `sortedByKeys`, of distinct whole numbers below a `bound` that is not much more than they are. */
function placedByKeys(keys: Float64Array, bound: number): Int32Array {
  const places = new Int32Array(bound);
  for (let index = 0; index < keys.length; index++) places[keys[index] as number] = index + 1;
  const order = new Int32Array(keys.length);
  let count = 0;
  for (const place of places) if (place !== 0) order[count++] = place - 1;
  return order;
}

/** For each of some distinct texts, how many of them come before it, by UTF-16 code unit. */
export function ranksOf(texts: readonly string[]): Int32Array {
  const compare = (a: number, b: number): number =>
    (texts[a] as string) < (texts[b] as string) ? -1 : 1;
  const order =
    texts.length < WORTH_KEYS
      ? Int32Array.from(texts.keys()).sort(compare)
      : sortedByKeys(keysOf(texts), compare);
  const ranks = new Int32Array(texts.length);
  for (let rank = 0; rank < order.length; rank++) ranks[order[rank] as number] = rank;
  return ranks;
}

/**
 * The indexes of distinct keys in ascending order, whole numbers below `bound`. Beyond 2^53 they are rounded, so that
 * none is before another wrongly, but some are equal: between their indexes `compare` decides.
 */
export function orderOf(
  keys: Float64Array,
  bound: number,
  compare: (a: number, b: number) => number,
): Int32Array {
  return bound <= 4 * keys.length ? placedByKeys(keys, bound) : sortedByKeys(keys, compare);
}

/** Negative, zero or positive, as the first text that differs is before, none differs, or it is after: by UTF-16 code unit. */
export function compareTexts(a: readonly string[], b: readonly string[]): number {
  for (let at = 0; at < a.length; at++) {
    const text = a[at] as string;
    const other = b[at] as string;
    if (text !== other) return text < other ? -1 : 1;
  }
  return 0;
}
