import { literal } from "./literal.ts";

/** The types of the parameters of a query. */
export type ParameterType = "String" | "Int64" | "Array(String)";

/** The values of a query, kept apart from its text: each is bound by name, equal ones once. */
export class Parameters {
  readonly #values: Record<string, string | number | readonly string[]> = {};
  readonly #known = new Map<string, string>();

  /** What stands for the value in the query's text. */
  bind(type: ParameterType, value: string | number | readonly string[]): string {
    const key = JSON.stringify([type, value]);
    let name = this.#known.get(key);
    if (name === undefined) {
      name = `p${this.#known.size}`;
      this.#known.set(key, name);
      this.#values[name] = value;
    }
    return `{${name}:${type}}`;
  }

  text(value: string): string {
    return this.bind("String", value);
  }

  /** For `query_params`. */
  get values(): Record<string, string | number | readonly string[]> {
    return this.#values;
  }
}

/** The values of a statement that takes no parameters, such as the query of a view: written in its text. */
export class Literals extends Parameters {
  override bind(_type: ParameterType, value: string | number | readonly string[]): string {
    if (typeof value === "number") return String(value);
    return typeof value === "string" ? literal(value) : `[${value.map(literal).join(", ")}]`;
  }
}
