/** Fewer are sorted as they are. */
const WORTH_KEYS = 128;
/** At most so many characters go into a key. */
const LONGEST_KEY = 16;
const ASCII = 128;
/** Added to a whole number below it, it leaves that number's bits as they are in a whole number of 52 bits. */
const TO_BITS = 2 ** 52;
const DIGIT_BITS = 11;
const DIGITS = 1 << DIGIT_BITS;

/**
 * A number for each text by the first characters in which the texts differ, so that a text before another has no larger
 * number. The fewer different characters there are, the more of a text go into its number.
 */
export function keysOf(texts: readonly string[]): Float64Array {
  const [first = ""] = texts;
  let common = first.length;
  let shortest = first.length;
  let longest = 0;
  for (const text of texts) {
    let at = 0;
    while (at < common && text.charCodeAt(at) === first.charCodeAt(at)) at++;
    common = at;
    if (text.length < shortest) shortest = text.length;
    if (text.length > longest) longest = text.length;
  }
  // Where texts are of different lengths, 0 is the end of one.
  const places = placesOf(texts, common, shortest === longest ? 0 : 1);
  const base = places === undefined ? 1 << 16 : (places[ASCII] as number);
  const most = common + Math.min(LONGEST_KEY, longest - common);
  let end = common;
  for (let bound = base; bound <= TO_BITS && end < most; bound *= base) end++;
  const keys = new Float64Array(texts.length);
  for (let index = 0; index < keys.length; index++) {
    const text = texts[index] as string;
    let key = 0;
    for (let at = common; at < end; at++) {
      key *= base;
      if (at >= text.length) continue;
      const code = text.charCodeAt(at);
      key += places === undefined ? code : (places[code] as number);
    }
    keys[index] = key;
  }
  return keys;
}

/**
 * Numbers from `from` on for the characters that may be in keys, in their order, and behind those the next number;
 * undefined where one of them is not ASCII.
 */
function placesOf(texts: readonly string[], start: number, from: number): Uint8Array | undefined {
  const places = new Uint8Array(ASCII + 1);
  let all = 0;
  for (const text of texts) {
    const end = Math.min(text.length, start + LONGEST_KEY);
    for (let at = start; at < end; at++) {
      const code = text.charCodeAt(at);
      all |= code;
      places[code & (ASCII - 1)] = 1;
    }
  }
  if (all >= ASCII) return undefined;
  let place = from;
  for (let code = 0; code < ASCII; code++) if (places[code] === 1) places[code] = place++;
  places[ASCII] = place;
  return places;
}

/**
 * The indexes of `keys`, none of them negative, in the order of the keys. `compare` decides between equal keys. Doubles
 * that are not negative are in the order of their bits, so they are sorted digit by digit, from the last. With an
 * engine's own sort, a summary of some 500,000 groups, as in the bench's section many-cells, takes 1.2 to 2 times as long.
 */
function sortedByKeys(keys: Float64Array, compare: (a: number, b: number) => number): Int32Array {
  const { length } = keys;
  const words = bitsOf(keys);
  const [low] = new Uint32Array(Float64Array.of(1).buffer);
  const places = new Int32Array(DIGITS);
  let order = new Int32Array(length);
  let nextOrder = new Int32Array(length);
  // The words in that order: to look each up through its index would be a look far off in memory.
  let sorted = new Uint32Array(length);
  let nextSorted = new Uint32Array(length);
  for (let index = 0; index < length; index++) order[index] = index;
  for (const word of low === 0 ? [0, 1] : [1, 0]) {
    const differences = differencesOf(words, word);
    if (differences !== 0) lookUp(words, word, order, sorted);
    for (let shift = 0; shift < 32; shift += DIGIT_BITS) {
      if (((differences >>> shift) & (DIGITS - 1)) === 0) continue;
      findPlaces(sorted, shift, places);
      spread(sorted, order, shift, places, nextSorted, nextOrder);
      [order, nextOrder] = [nextOrder, order];
      [sorted, nextSorted] = [nextSorted, sorted];
    }
  }
  sortEqual(order, keys, sorted, compare);
  return order;
}

// Each loop over all keys is a function of its own, of which V8 has little to compile: a summary with many groups is made
// once, and most of the time would be over before it had compiled all of them in one.

/** The bits of keys, two words for each: of whole numbers below 2^52 those that a whole number has. */
function bitsOf(keys: Float64Array): Uint32Array {
  let largest = 0;
  for (let at = 0; at < keys.length; at++) largest = Math.max(largest, keys[at] as number);
  const offset = largest < TO_BITS ? TO_BITS : 0;
  const numbers = new Float64Array(keys.length);
  for (let at = 0; at < keys.length; at++) numbers[at] = (keys[at] as number) + offset;
  return new Uint32Array(numbers.buffer);
}

/** In which bits the first or the second words of keys are not all the same. */
function differencesOf(words: Uint32Array, word: number): number {
  let differences = 0;
  for (let at = word; at < words.length; at += 2) {
    differences |= (words[at] as number) ^ (words[word] as number);
  }
  return differences;
}

/** The first or the second words of keys, in an order. */
function lookUp(words: Uint32Array, word: number, order: Int32Array, into: Uint32Array): void {
  for (let at = 0; at < order.length; at++) {
    into[at] = words[2 * (order[at] as number) + word] as number;
  }
}

/** For each digit, how many words have a smaller one. */
function findPlaces(words: Uint32Array, shift: number, places: Int32Array): void {
  places.fill(0);
  for (let at = 0; at < words.length; at++) {
    const digit = ((words[at] as number) >>> shift) & (DIGITS - 1);
    places[digit] = (places[digit] as number) + 1;
  }
  let place = 0;
  for (let digit = 0; digit < DIGITS; digit++) {
    const count = places[digit] as number;
    places[digit] = place;
    place += count;
  }
}

/** Puts words, and their keys' indexes, into the order of a digit. */
function spread(
  words: Uint32Array,
  order: Int32Array,
  shift: number,
  places: Int32Array,
  nextWords: Uint32Array,
  nextOrder: Int32Array,
): void {
  for (let at = 0; at < words.length; at++) {
    const word = words[at] as number;
    const digit = (word >>> shift) & (DIGITS - 1);
    const place = places[digit] as number;
    places[digit] = place + 1;
    nextOrder[place] = order[at] as number;
    nextWords[place] = word;
  }
}

/** Sorts the indexes of equal keys; those whose words differ, which lie side by side here, are not equal. */
function sortEqual(
  order: Int32Array,
  keys: Float64Array,
  words: Uint32Array,
  compare: (a: number, b: number) => number,
): void {
  const isEqual = (a: number, b: number): boolean =>
    words[a] === words[b] && keys[order[a] as number] === keys[order[b] as number];
  for (let from = 0; from < order.length; ) {
    let to = from + 1;
    while (to < order.length && isEqual(from, to)) to++;
    if (to - from > 1) order.subarray(from, to).sort(compare);
    from = to;
  }
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
