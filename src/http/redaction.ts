import { tagOf } from "../values/record.ts";

const REPLACEMENT = "[redacted]";
const SECRET_HEADER = /^(?:proxy-)?authorization$|^cookie$|key|token|secret/;

/** Whether the value of a header is a secret, by the header's name in lower case. */
export const isSecretHeader = (name: string): boolean => SECRET_HEADER.test(name);

/** A shorter secret is only found as a word of its own: the key `test` does not turn `latest` into `la[redacted]`. */
const MIN_LENGTH_INSIDE_WORDS = 8;
/** Runs of characters that a key may be made of. */
const LONG_WORD = /[\w+=-]{16,}|\bsk_\w+/g;
/** The most characters that one character of a secret takes, such as `&#x0000073;` or `\\\\u0073`. */
const MAX_SPELLING = 12;

/** One character of a secret, however it was written: as it is, or escaped for JSON, a URL or HTML, once or twice. */
function anySpelling(character: string): string {
  const code = character.codePointAt(0) as number;
  const hex = code.toString(16);
  // Backslashes once, before both of what may follow them: told apart only later, they would be tried over and over.
  return `(?:\\\\{0,4}(?:\\u{${hex}}|u0{0,3}${hex})|%(?:25)?0?${hex}|&#(?:x0*${hex}|0*${code});)`;
}

/**
 * A secret as it is in base64, alone or after other text: at each of the three offsets, without the characters
 * that its neighbours contribute to. In both alphabets.
 */
function base64Of(secret: string): string[] {
  if (secret.length < MIN_LENGTH_INSIDE_WORDS || /[^\0-\xff]/.test(secret)) return [];
  return [0, 1, 2].flatMap((offset) => {
    const written = btoa("\0".repeat(offset) + secret);
    const end = Math.floor(((offset + secret.length) * 4) / 3);
    const own = written.slice(Math.ceil((offset * 4) / 3), end);
    return [own, own.replaceAll("+", "-").replaceAll("/", "_")];
  });
}

/** The longest first: a secret may begin like another. Ignores case, since hexadecimal digits have two. */
function patternOf(secrets: readonly string[]): RegExp {
  const all = new Set(secrets.flatMap((secret) => [secret, ...base64Of(secret)]));
  const spellings = [...all]
    .sort((a, b) => b.length - a.length)
    .map((secret) => {
      const spelling = [...secret].map(anySpelling).join("");
      const isShort = secret.length < MIN_LENGTH_INSIDE_WORDS;
      return isShort ? `(?<![\\p{L}\\p{N}_])(?:${spelling})(?![\\p{L}\\p{N}_])` : spelling;
    });
  return new RegExp(spellings.join("|"), "giu");
}

/** An error of this realm or of another, as under Jest. */
const isError = (value: unknown): value is Error =>
  value instanceof Error || tagOf(value) === "[object Error]";

/** Takes secrets out of what a server or a runtime said, before it gets into an error or a hook. */
export class Redaction {
  readonly #secrets: Set<string>;
  /** Made when there is something to look at: most calls go well, and say nothing. */
  #pattern: RegExp | undefined;
  #extra = (text: string): string => text;

  constructor(secrets: readonly string[] = []) {
    this.#secrets = new Set(secrets.filter((secret) => secret !== ""));
  }

  /** One more secret to take out. */
  add(secret: string): void {
    this.#secrets.add(secret);
    this.#pattern = undefined;
  }

  /** The text of anything, redacted; some values have none of their own. */
  text(value: unknown): string {
    let text: string;
    try {
      text = String(value);
    } catch {
      text = tagOf(value);
    }
    text = this.#extra(text);
    if (this.#secrets.size === 0) return text;
    this.#pattern ??= patternOf([...this.#secrets]);
    return text.replace(this.#pattern, REPLACEMENT);
  }

  /** The redacted beginning of a text. Where the text was cut off, nothing of a secret that was cut is left. */
  beginning(text: string, length: number, isCut: boolean): string {
    // In base64 a secret is longer by a third, and each of those characters may be escaped.
    const lengths = [...this.#secrets].map((secret) => Math.ceil(((secret.length + 2) * 4) / 3));
    const longest = MAX_SPELLING * Math.max(0, ...lengths);
    const looked = text.slice(0, length + 2 * longest);
    const redacted = this.text(looked);
    const isWhole = looked === text && !isCut;
    return redacted.slice(
      0,
      isWhole ? length : Math.max(0, Math.min(length, redacted.length - longest)),
    );
  }

  /** A copy of plain JSON in which keys and texts are redacted; what nests deeper than `depth` levels is left out. */
  tree(value: unknown, depth = 20): unknown {
    if (typeof value === "string") return this.text(value);
    if (typeof value !== "object" || value === null) return value;
    if (depth === 0) return undefined;
    if (Array.isArray(value)) return value.map((item) => this.tree(item, depth - 1));
    return Object.fromEntries(
      Object.entries(value).map(([key, member]) => [this.text(key), this.tree(member, depth - 1)]),
    );
  }

  /**
   * What is safe to keep of the error of a function that gives a key, which may name a key that is not known yet:
   * everything that may be one is taken out.
   */
  static causeWithoutKeys(thrown: unknown): unknown {
    const redaction = new Redaction();
    if (typeof thrown === "string" && !/\s/.test(thrown)) return REPLACEMENT;
    redaction.#extra = (text) =>
      text.replace(LONG_WORD, (word) => (/^sk_|\d/.test(word) ? REPLACEMENT : word));
    return redaction.cause(thrown);
  }

  /** What is safe to keep of an error of the runtime: names, messages, codes and causes, no other properties. */
  cause(thrown: unknown, depth = 5): unknown {
    if (!isError(thrown)) return this.text(thrown);
    const { code, errors } = thrown as { code?: unknown; errors?: unknown };
    const isLast = thrown.cause === undefined || depth === 0;
    const options = isLast ? {} : { cause: this.cause(thrown.cause, depth - 1) };
    return Object.assign(
      new Error(this.text(thrown.message), options),
      { name: this.text(thrown.name), stack: this.text(thrown.stack ?? "") },
      typeof code === "string" && { code: this.text(code) },
      Array.isArray(errors) &&
        depth > 0 && { errors: errors.slice(0, 10).map((error) => this.cause(error, depth - 1)) },
    );
  }
}
