/** Fewer are sorted as they are. */
const WORTH_KEYS = 128;
/** So many bits of a double are a whole number. */
const KEY_BITS = 49;
const DIGIT_BITS = 11;
const DIGITS = 1 << DIGIT_BITS;

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
  const keys = new Float64Array(texts.length);
  for (let index = 0; index < keys.length; index++) {
    const text = texts[index] as string;
    let key = 0;
    for (let at = common; at < common + length; at++) {
      key = key * base + (at < text.length ? text.charCodeAt(at) : 0);
    }
    keys[index] = key;
  }
  return keys;
}

/** The indexes of `keys`, none of them negative, in the order of the keys; `compare` decides between those of equal ones. */
function sortedByKeys(keys: Float64Array, compare: (a: number, b: number) => number): Int32Array {
  const { length } = keys;
  // Doubles that are not negative are in the order of their bits: these are sorted by one digit after the other, from the
  // last, which for many is several times as fast as an engine's own sort.
  const words = new Uint32Array(keys.buffer, keys.byteOffset, 2 * length);
  const [low] = new Uint32Array(Float64Array.of(1).buffer);
  const places = new Int32Array(DIGITS);
  let order = new Int32Array(length);
  let nextOrder = new Int32Array(length);
  // The words in that order: to look each up through its index would be a look far off in memory.
  let sorted = new Uint32Array(length);
  let nextSorted = new Uint32Array(length);
  for (let index = 0; index < length; index++) order[index] = index;
  for (const word of low === 0 ? [0, 1] : [1, 0]) {
    for (let at = 0; at < length; at++) {
      sorted[at] = words[2 * (order[at] as number) + word] as number;
    }
    for (let shift = 0; shift < 32; shift += DIGIT_BITS) {
      places.fill(0);
      for (let at = 0; at < length; at++) {
        const digit = ((sorted[at] as number) >>> shift) & (DIGITS - 1);
        places[digit] = (places[digit] as number) + 1;
      }
      let place = 0;
      for (let digit = 0; digit < DIGITS; digit++) {
        const count = places[digit] as number;
        places[digit] = place;
        place += count;
      }
      for (let at = 0; at < length; at++) {
        const bits = sorted[at] as number;
        const digit = (bits >>> shift) & (DIGITS - 1);
        const place = places[digit] as number;
        places[digit] = place + 1;
        nextOrder[place] = order[at] as number;
        nextSorted[place] = bits;
      }
      [order, nextOrder] = [nextOrder, order];
      [sorted, nextSorted] = [nextSorted, sorted];
    }
  }
  for (let from = 0; from < length; ) {
    const key = keys[order[from] as number];
    let to = from + 1;
    while (to < length && keys[order[to] as number] === key) to++;
    if (to - from > 1) order.subarray(from, to).sort(compare);
    from = to;
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
