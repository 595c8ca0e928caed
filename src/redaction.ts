const REPLACEMENT = "[redacted]";
const SPECIAL = /[.*+?^${}()|[\]\\/-]/g;

/** One character of a secret, however it was written: as it is, escaped in JSON, or percent-encoded. */
function anySpelling(character: string): string {
  const hex = character.charCodeAt(0).toString(16).padStart(2, "0");
  const plain = character.replace(SPECIAL, "\\$&");
  const anyCase = [...hex]
    .map((digit) => (/[a-f]/.test(digit) ? `[${digit}${digit.toUpperCase()}]` : digit))
    .join("");
  return `(?:${plain}|\\\\${plain}|\\\\u00${anyCase}|%${anyCase})`;
}

/** Takes secrets out of what a server or a runtime said, before it gets into an error or a hook. */
export class Redaction {
  readonly #pattern: RegExp | undefined;

  constructor(secrets: readonly string[]) {
    const spellings = secrets
      .filter((secret) => secret !== "")
      .sort((a, b) => b.length - a.length)
      .map((secret) => [...secret].map(anySpelling).join(""));
    this.#pattern = spellings.length === 0 ? undefined : new RegExp(spellings.join("|"), "g");
  }

  text(text: string): string {
    return this.#pattern === undefined ? text : text.replace(this.#pattern, REPLACEMENT);
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
    if (!(thrown instanceof Error)) return this.text(String(thrown));
    const { code, errors } = thrown as { code?: unknown; errors?: unknown };
    const cause =
      thrown.cause === undefined || depth === 0 ? undefined : this.cause(thrown.cause, depth - 1);
    const copy = new Error(this.text(thrown.message), cause === undefined ? {} : { cause });
    copy.name = this.text(thrown.name);
    copy.stack = this.text(thrown.stack ?? "");
    return Object.assign(
      copy,
      typeof code === "string" ? { code: this.text(code) } : {},
      Array.isArray(errors) && depth > 0
        ? { errors: errors.slice(0, 10).map((error) => this.cause(error, depth - 1)) }
        : {},
    );
  }
}
