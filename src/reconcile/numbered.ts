/** Gives each text a small number, in the order in which they come. */
export class Numbered {
  readonly texts: string[] = [];
  readonly #numbers = new Map<string, number>();
  #last: string | undefined;
  #lastNumber = -1;

  /** The number of a text that has one, else -1. */
  find(text: string | null): number {
    return text === null || this.#numbers.size === 0 ? -1 : (this.#numbers.get(text) ?? -1);
  }

  numberOf(text: string): number {
    if (text === this.#last) return this.#lastNumber;
    let number = this.#numbers.get(text);
    if (number === undefined) {
      number = this.texts.length;
      this.texts.push(text);
      this.#numbers.set(text, number);
    }
    this.#last = text;
    this.#lastNumber = number;
    return number;
  }
}

interface Node {
  number: number;
  readonly next: Map<string | null, Node>;
}

/** Gives each combination of texts a small number; null is a text of its own. */
export class NumberedCombinations {
  readonly combinations: (readonly (string | null)[])[] = [];
  readonly #root: Node = { number: -1, next: new Map() };

  numberOf(texts: readonly (string | null)[]): number {
    let node = this.#root;
    for (const text of texts) {
      let next = node.next.get(text);
      if (next === undefined) {
        next = { number: -1, next: new Map() };
        node.next.set(text, next);
      }
      node = next;
    }
    if (node.number === -1) {
      node.number = this.combinations.length;
      this.combinations.push([...texts]);
    }
    return node.number;
  }
}
