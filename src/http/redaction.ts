import { tagOf } from "../values/record.ts";

const REPLACEMENT = "[redacted]";
/** The most characters that one character of a secret takes, such as `&#x0000073;` or `\\\\u0073`. */
const LONGEST_SPELLING = 12;

/** One character of a secret, however it was written: as it is, or escaped for JSON, a URL or HTML, once or twice. */
function anySpelling(character: string): string {
  const code = character.codePointAt(0) as number;
  const hex = code.toString(16);
  // Backslashes once, before both of what may follow them: told apart only later, they would be tried over and over.
  return `(?:\\\\{0,4}(?:\\u{${hex}}|u0{0,3}${hex})|%(?:25)?0?${hex}|&#(?:x0*${hex}|0*${code});)`;
}

/** The longest first: a secret may begin like another. In any case, as hexadecimal digits are. */
function patternOf(secrets: readonly string[]): RegExp {
  const spellings = [...secrets]
    .sort((a, b) => b.length - a.length)
    .map((secret) => [...secret].map(anySpelling).join(""));
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
    if (this.#secrets.size === 0) return text;
    this.#pattern ??= patternOf([...this.#secrets]);
    return text.replace(this.#pattern, REPLACEMENT);
  }

  /** The redacted beginning of a text. Where the text was cut off, none of the secret that may stand there is left. */
  beginning(text: string, length: number, isCut: boolean): string {
    // No spelling of any secret is longer than all of them together.
    const longest = LONGEST_SPELLING * [...this.#secrets].join("").length;
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
