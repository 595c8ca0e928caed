/** A typed array twice as long, with the same beginning. */
export function doubled<Numbers extends Int32Array | Float64Array>(numbers: Numbers): Numbers {
  return lengthened(numbers, numbers.length * 2);
}

/** A typed array of that length, with the same beginning. */
export function lengthened<Numbers extends Int32Array | Float64Array>(
  numbers: Numbers,
  length: number,
): Numbers {
  const longer = new (numbers.constructor as new (length: number) => Numbers)(length);
  longer.set(numbers);
  return longer;
}

// Words of a chunk of records; a text longer than that gets a chunk of its own.
const CHUNK_BITS = 20;
const CHUNK_WORDS = 1 << CHUNK_BITS;
const SMALLEST_CHUNK = 1 << 8;
/** Of a record, before the words of its text: the tag, and the length in bytes. */
const HEADER_WORDS = 2;

const SEED_WORDS = 64;
let seed: Int32Array | undefined;

/**
 * The random numbers that hashes start from: whoever chooses texts must not be able to choose their hashes too. Drawn
 * when the first table is made, because workers allow no randomness while a module loads; never part of a state.
 */
export function hashSeed(): Int32Array {
  seed ??= crypto.getRandomValues(new Int32Array(SEED_WORDS));
  return seed;
}

/**
 * What a word adds to the hash of its text: the NH function of UMAC (RFC 4418). Two different texts, however chosen, have
 * the same hash for at most one of some 2^15 seeds.
 */
function hashOfWord(word: number, key: number): number {
  return Math.imul((word & 0xffff) + (key & 0xffff), (word >>> 16) + (key >>> 16));
}

/** Mixes all bits of a hash. Different hashes stay different. */
function mixed(hash: number): number {
  const half = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  return Math.imul(half ^ (half >>> 13), 0xc2b2ae35);
}

const wordsOf = (bytes: number): number => (bytes + 3) >> 2;
/** The word at which the record behind the one at `word` begins. */
const nextRecord = (chunk: Uint32Array, word: number): number =>
  word + HEADER_WORDS + wordsOf(chunk[word + 1] as number);

/**
 * Distinct texts, compared by every byte; the hash only says where to look. They are consecutive in typed arrays. A JS Set
 * ends at 2^24 entries, costs the garbage collector a walk over all of them, and cannot look up bytes that are not a
 * string yet.
 *
 * Each text has a tag, a number. In a table of scoped texts it is part of what tells them apart; in any other it is the
 * count of texts before it.
 *
 * A lookup has two steps, so that the one who asks can decide in between: `stage` and `find`, then perhaps `keep`.
 */
export class TextStore {
  readonly #isScoped: boolean;
  readonly #seed = hashSeed();
  #size = 0;
  /** Pairs each: the hash of a text, and the word at which its record begins over all chunks, + 1 (0 is free). */
  #slots = new Int32Array(2 * 16);
  #chunks: Uint32Array[] = [new Uint32Array(SMALLEST_CHUNK)];
  /** The last chunk, and where its free end begins: there the staged text is. */
  #chunk = this.#chunks[0] as Uint32Array;
  /** Where the chunks before the last end. */
  readonly #ends: number[] = [];
  #end = 0;
  #hash = 0;
  #slot = 0;

  constructor(isScoped: boolean) {
    this.#isScoped = isScoped;
  }

  get size(): number {
    return this.#size;
  }

  stage(text: string, scope: number): void {
    const { length } = text;
    this.#reserve(length);
    const chunk = this.#chunk;
    let word = this.#end + HEADER_WORDS;
    let all = 0;
    let at = 0;
    for (; at + 3 < length; at += 4) {
      const a = text.charCodeAt(at);
      const b = text.charCodeAt(at + 1);
      const c = text.charCodeAt(at + 2);
      const d = text.charCodeAt(at + 3);
      all |= a | b | c | d;
      chunk[word++] = a | (b << 8) | (c << 16) | (d << 24);
    }
    let rest = 0;
    for (let shift = 0; at < length; at++, shift += 8) {
      const code = text.charCodeAt(at);
      all |= code;
      rest |= code << shift;
    }
    if ((length & 3) !== 0) chunk[word] = rest;
    if (all > 0x7f) {
      const bytes = bytesOf(text);
      this.stageBytes(bytes, 0, bytes.length, scope);
    } else {
      this.#hashStaged(scope, length);
    }
  }

  stageBytes(bytes: Uint8Array, start: number, end: number, scope: number): void {
    const length = end - start;
    this.#reserve(length);
    const chunk = this.#chunk;
    let word = this.#end + HEADER_WORDS;
    let at = start;
    for (; at + 3 < end; at += 4) {
      chunk[word++] =
        (bytes[at] as number) |
        ((bytes[at + 1] as number) << 8) |
        ((bytes[at + 2] as number) << 16) |
        ((bytes[at + 3] as number) << 24);
    }
    let rest = 0;
    for (let shift = 0; at < end; at++, shift += 8) rest |= (bytes[at] as number) << shift;
    if ((length & 3) !== 0) chunk[word] = rest;
    this.#hashStaged(scope, length);
  }

  /** Writes the header of the staged text, whose words are there, and makes its hash. */
  #hashStaged(scope: number, length: number): void {
    const chunk = this.#chunk;
    const seed = this.#seed;
    const start = this.#end;
    chunk[start] = scope;
    chunk[start + 1] = length;
    let hash = Math.imul(scope + (seed[0] as number), length + (seed[1] as number));
    const end = start + HEADER_WORDS + wordsOf(length);
    let key = 0;
    for (let word = start + HEADER_WORDS; word < end; word++) {
      hash = (hash + hashOfWord(chunk[word] as number, seed[key++] as number)) | 0;
      // The same numbers again: the place of a word must still make a difference.
      if (key === SEED_WORDS) {
        hash = mixed(hash);
        key = 0;
      }
    }
    this.#hash = mixed(hash);
  }

  /** The tag of the staged text, -1 when it is new. */
  find(): number {
    const hash = this.#hash;
    const slots = this.#slots;
    const mask = slots.length - 2;
    let slot = (hash << 1) & mask;
    for (let record = slots[slot + 1] as number; record !== 0; record = slots[slot + 1] as number) {
      if (slots[slot] === hash) {
        const tag = this.#tagIfStaged(record - 1);
        if (tag !== -1) return tag;
      }
      slot = (slot + 2) & mask;
    }
    this.#slot = slot;
    return -1;
  }

  /** Adds the staged text, which `find` has reported as new, and returns its tag. */
  keep(): number {
    const slots = this.#slots;
    const start = this.#end;
    slots[this.#slot] = this.#hash;
    slots[this.#slot + 1] = (this.#chunks.length - 1) * CHUNK_WORDS + start + 1;
    const chunk = this.#chunk;
    if (!this.#isScoped) chunk[start] = this.#size;
    this.#size++;
    this.#end = start + HEADER_WORDS + wordsOf(chunk[start + 1] as number);
    // At most three quarters full.
    if (this.#size * 8 > slots.length * 3) this.#grow();
    return chunk[start] as number;
  }

  /** Every text in the order added: in a table without scopes, at its number. */
  texts(): string[] {
    const texts = new TextsOfBytes();
    for (let index = 0; index < this.#chunks.length; index++) this.#addTexts(index, texts);
    return texts.all();
  }

  /** Of a table without scopes, some texts by their numbers. */
  textsOf(numbers: readonly number[]): ReadonlyMap<number, string> {
    const wanted = [...new Set(numbers)].sort((a, b) => a - b);
    const texts = new Map<number, string>();
    let next = wanted[texts.size];
    for (const [index, chunk] of this.#chunks.entries()) {
      const end = this.#endOf(index);
      const bytes = new Uint8Array(chunk.buffer);
      for (let word = 0; word < end && next !== undefined; word = nextRecord(chunk, word)) {
        if (chunk[word] !== next) continue;
        const start = (word + HEADER_WORDS) * 4;
        texts.set(next, textOfBytes(bytes, start, start + (chunk[word + 1] as number)));
        next = wanted[texts.size];
      }
    }
    return texts;
  }

  /** The tag of every text, in the order added. */
  tags(): Uint32Array {
    const tags = new Uint32Array(this.#size);
    let count = 0;
    for (const [index, chunk] of this.#chunks.entries()) {
      const end = this.#endOf(index);
      for (let word = 0; word < end; word = nextRecord(chunk, word)) {
        tags[count++] = chunk[word] as number;
      }
    }
    return tags;
  }

  #addTexts(index: number, texts: TextsOfBytes): void {
    const chunk = this.#chunks[index] as Uint32Array;
    const end = this.#endOf(index);
    const bytes = new Uint8Array(chunk.buffer);
    for (let word = 0; word < end; word = nextRecord(chunk, word)) {
      const start = (word + HEADER_WORDS) * 4;
      texts.add(bytes, start, start + (chunk[word + 1] as number));
    }
  }

  #endOf(index: number): number {
    return index === this.#chunks.length - 1 ? this.#end : (this.#ends[index] as number);
  }

  #tagIfStaged(record: number): number {
    const known = this.#chunks[record >>> CHUNK_BITS] as Uint32Array;
    const staged = this.#chunk;
    const first = record & (CHUNK_WORDS - 1);
    const end = this.#end + HEADER_WORDS + wordsOf(staged[this.#end + 1] as number);
    // Without scopes the tag is what is asked for: only length and text are compared.
    let a = this.#isScoped ? first : first + 1;
    let b = this.#isScoped ? this.#end : this.#end + 1;
    while (b < end && known[a] === staged[b]) {
      a++;
      b++;
    }
    return b === end ? (known[first] as number) : -1;
  }

  /** Makes room for a record of that many bytes at the end of the last chunk, or begins another. */
  #reserve(bytes: number): void {
    const words = HEADER_WORDS + wordsOf(bytes);
    // Of a chunk for one long text, which was not kept in the end, the usual part is used: a record's place has so many bits.
    const room = this.#end === 0 ? this.#chunk.length : Math.min(this.#chunk.length, CHUNK_WORDS);
    if (this.#end + words <= room) return;
    // The first few are small: a table of eight texts is to cost little.
    const length = Math.min(CHUNK_WORDS, this.#chunk.length * 8);
    this.#ends.push(this.#end);
    this.#chunk = new Uint32Array(Math.max(length, words));
    this.#chunks.push(this.#chunk);
    this.#end = 0;
  }

  #grow(): void {
    const old = this.#slots;
    const slots = new Int32Array(old.length * 2);
    const mask = slots.length - 2;
    for (let at = 0; at < old.length; at += 2) {
      if (old[at + 1] === 0) continue;
      const hash = old[at] as number;
      let slot = (hash << 1) & mask;
      while (slots[slot + 1] !== 0) slot = (slot + 2) & mask;
      slots[slot] = hash;
      slots[slot + 1] = old[at + 1] as number;
    }
    this.#slots = slots;
  }
}

const RECENT = 256;

/** Numbers distinct texts from 0 in the order seen, so that they are told apart by numbers. */
export class StringInterner {
  readonly #store = new TextStore(false);
  // Most dimensions have a few texts, which come again and again: three characters tell where each was last.
  readonly #recent: string[] = new Array<string>(RECENT).fill("");
  readonly #recentNumbers = new Int32Array(RECENT).fill(-1);
  #texts: readonly string[] = [];

  get size(): number {
    return this.#store.size;
  }

  /** The number of a text, which is added when it is new. */
  numberOf(text: string): number {
    const { length } = text;
    const last = length === 0 ? 0 : text.charCodeAt(length - 1);
    const middle = length === 0 ? 0 : text.charCodeAt(length >> 1);
    const at = (length + last * 7 + middle * 31) & (RECENT - 1);
    const recent = this.#recentNumbers[at] as number;
    if (recent !== -1 && this.#recent[at] === text) return recent;
    this.#store.stage(text, 0);
    const number = this.#staged();
    this.#recent[at] = text;
    this.#recentNumbers[at] = number;
    return number;
  }

  /** As `numberOf`, of the text whose UTF-8 the bytes from `start` to `end` are. */
  numberOfBytes(bytes: Uint8Array, start: number, end: number): number {
    this.#store.stageBytes(bytes, start, end, 0);
    return this.#staged();
  }

  /** All texts, by their numbers. */
  get texts(): readonly string[] {
    if (this.#store.size > this.#texts.length) this.#texts = this.#store.texts();
    return this.#texts;
  }

  /** Some texts by their numbers: the others are not decoded. */
  textsOf(numbers: readonly number[]): ReadonlyMap<number, string> {
    return this.#store.textsOf(numbers);
  }

  textOf(number: number): string {
    return (number < this.#texts.length ? this.#texts : this.texts)[number] as string;
  }

  #staged(): number {
    const known = this.#store.find();
    return known === -1 ? this.#store.keep() : known;
  }
}

const decoder = /* @__PURE__ */ new TextDecoder();
/** So many bytes become a text at once, of which each text is a piece: few, as the whole lives on with each. */
const MOST_BYTES = 1 << 10;
/** So many code units become a text at once: one by one, a text of 36 characters takes thirteen times as long. */
const MOST_UNITS = 1 << 10;
const units: number[] = [];

/** The bytes of a text as UTF-8 has them; of a lone surrogate, which UTF-8 has not, three bytes in its manner. */
function bytesOf(text: string): Uint8Array {
  const bytes: number[] = [];
  for (const character of text) {
    const code = character.codePointAt(0) as number;
    if (code < 0x80) bytes.push(code);
    else if (code < 0x800) bytes.push(0xc0 | (code >> 6), 0x80 | (code & 63));
    else {
      if (code < 0x10000) bytes.push(0xe0 | (code >> 12));
      else bytes.push(0xf0 | (code >> 18), 0x80 | ((code >> 12) & 63));
      bytes.push(0x80 | ((code >> 6) & 63), 0x80 | (code & 63));
    }
  }
  return Uint8Array.from(bytes);
}

/** The text of which `bytesOf` gave the bytes from `start` to `end`. */
function textOfBytes(bytes: Uint8Array, start: number, end: number): string {
  let text = "";
  let count = 0;
  for (let at = start; at < end; ) {
    const first = bytes[at++] as number;
    const more = first < 0x80 ? 0 : first < 0xe0 ? 1 : first < 0xf0 ? 2 : 3;
    let code = more === 0 ? first : first & (0x3f >> more);
    for (let byte = 0; byte < more; byte++) code = (code << 6) | ((bytes[at++] as number) & 63);
    if (code > 0xffff) units[count++] = 0xd7c0 + (code >> 10);
    units[count++] = code > 0xffff ? 0xdc00 | (code & 0x3ff) : code;
    if (count < MOST_UNITS && at < end) continue;
    units.length = count;
    text += String.fromCharCode(...units);
    count = 0;
  }
  return text;
}

/** The texts of which `bytesOf` gave the bytes. Those of ASCII are made some at a time, which takes half as long. */
class TextsOfBytes {
  readonly #texts: string[] = [];
  /** Of the last texts, which are still to be made. */
  readonly #bytes = new Uint8Array(MOST_BYTES);
  readonly #lengths: number[] = [];
  #size = 0;

  add(bytes: Uint8Array, start: number, end: number): void {
    const length = end - start;
    if (this.#size + length > MOST_BYTES) this.#make();
    if (length <= MOST_BYTES && this.#copy(bytes, start, end)) {
      this.#lengths.push(length);
      this.#size += length;
    } else {
      this.#make();
      this.#texts.push(textOfBytes(bytes, start, end));
    }
  }

  /** All that were added, in their order. */
  all(): string[] {
    this.#make();
    return this.#texts;
  }

  /** Whether they are ASCII. */
  #copy(bytes: Uint8Array, start: number, end: number): boolean {
    const into = this.#bytes;
    let to = this.#size;
    let all = 0;
    for (let at = start; at < end; at++) {
      const byte = bytes[at] as number;
      all |= byte;
      into[to++] = byte;
    }
    return all < 0x80;
  }

  #make(): void {
    const whole = decoder.decode(this.#bytes.subarray(0, this.#size));
    let start = 0;
    for (const length of this.#lengths) {
      this.#texts.push(whole.slice(start, start + length));
      start += length;
    }
    this.#lengths.length = 0;
    this.#size = 0;
  }
}

/** Pairs of numbers below this are found without a hash: most tables have no others. */
const FEW_BITS = 5;
const NO_PAIRS = new Int32Array(0);

/**
 * Distinct pairs of 32-bit integers, numbered from 0 in the order added: how two numbers become one that can index an
 * array, with nothing allocated for a pair. Unlike a JS Map it does not end at 2^24 entries.
 */
export class PairInterner {
  readonly #factor = (hashSeed()[0] as number) | 1;
  readonly #otherFactor = (hashSeed()[1] as number) | 1;
  #size = 0;
  /** Pair number + 1; 0 is free. */
  #slots = new Int32Array(16);
  #few = NO_PAIRS;
  #firsts = new Int32Array(8);
  #seconds = new Int32Array(8);

  get size(): number {
    return this.#size;
  }

  firstOf(number: number): number {
    return this.#firsts[number] as number;
  }

  secondOf(number: number): number {
    return this.#seconds[number] as number;
  }

  /** The number of a pair, which is added when it is new: then it is the `size` there was before. */
  numberOf(first: number, second: number): number {
    if ((first | second) >>> FEW_BITS !== 0) return this.#find(first, second);
    const place = (first << FEW_BITS) | second;
    if (this.#few === NO_PAIRS) this.#few = new Int32Array(1 << (2 * FEW_BITS));
    const few = this.#few[place] as number;
    if (few !== 0) return few - 1;
    const number = this.#find(first, second);
    this.#few[place] = number + 1;
    return number;
  }

  /** Puts the numbers of so many pairs in the place of their firsts. */
  numberAll(firsts: Int32Array, seconds: Int32Array, size: number): void {
    for (let at = this.#numberFew(firsts, seconds, 0, size); at < size; ) {
      firsts[at] = this.numberOf(firsts[at] as number, seconds[at] as number);
      at = this.#numberFew(firsts, seconds, at + 1, size);
    }
  }

  /** Up to the first pair that is new or not of the few. */
  #numberFew(firsts: Int32Array, seconds: Int32Array, from: number, size: number): number {
    const few = this.#few;
    let at = from;
    for (; at < size; at++) {
      const first = firsts[at] as number;
      const second = seconds[at] as number;
      if ((first | second) >>> FEW_BITS !== 0) break;
      const known = few[(first << FEW_BITS) | second];
      if (known === undefined || known === 0) break;
      firsts[at] = known - 1;
    }
    return at;
  }

  #find(first: number, second: number): number {
    const slots = this.#slots;
    const mask = slots.length - 1;
    let slot = this.#hashOf(first, second) & mask;
    for (let number = slots[slot] as number; number !== 0; number = slots[slot] as number) {
      if (this.#firsts[number - 1] === first && this.#seconds[number - 1] === second) {
        return number - 1;
      }
      slot = (slot + 1) & mask;
    }
    const number = this.#size++;
    if (number === this.#firsts.length) {
      this.#firsts = doubled(this.#firsts);
      this.#seconds = doubled(this.#seconds);
    }
    this.#firsts[number] = first;
    this.#seconds[number] = second;
    slots[slot] = number + 1;
    // At most half full.
    if (this.#size * 2 > slots.length) this.#grow();
    return number;
  }

  #grow(): void {
    const slots = new Int32Array(this.#slots.length * 2);
    const mask = slots.length - 1;
    for (let number = 0; number < this.#size; number++) {
      let slot =
        this.#hashOf(this.#firsts[number] as number, this.#seconds[number] as number) & mask;
      while (slots[slot] !== 0) slot = (slot + 1) & mask;
      slots[slot] = number + 1;
    }
    this.#slots = slots;
  }

  #hashOf(first: number, second: number): number {
    return mixed(Math.imul(Math.imul(first, this.#factor) ^ second, this.#otherFactor));
  }
}

/** Combinations of numbers, one of each column, numbered from 0 in the order seen; of one column by its own numbers. */
export class Combinations {
  /** For each column but the first: the combinations of those before it, with its numbers. */
  readonly pairs: readonly PairInterner[];

  constructor(columns: number) {
    this.pairs = Array.from({ length: columns - 1 }, () => new PairInterner());
  }

  /** For each of `size` events, the number of the combination of its numbers. */
  number(columns: readonly Int32Array[], size: number, combinations: Int32Array): void {
    combinations.set(columns[0] as Int32Array);
    for (const [position, pairs] of this.pairs.entries()) {
      pairs.numberAll(combinations, columns[position + 1] as Int32Array, size);
    }
  }

  numberOf([first = 0, ...others]: readonly number[]): number {
    return others.reduce(
      (combination, other, position) =>
        (this.pairs[position] as PairInterner).numberOf(combination, other),
      first,
    );
  }

  /** The numbers that a combination is of. */
  numbersOf(combination: number): number[] {
    const numbers = new Array<number>(this.pairs.length + 1);
    let first = combination;
    for (let position = this.pairs.length; position > 0; position--) {
      const pairs = this.pairs[position - 1] as PairInterner;
      numbers[position] = pairs.secondOf(first);
      first = pairs.firstOf(first);
    }
    numbers[0] = first;
    return numbers;
  }
}
