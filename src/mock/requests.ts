/** What arrives at a mock, read with the schemas of what the client sends: bodies are JSON, a query is text. */
import { field, type Payload, readPart, refuse, type Schema } from "../schemas/fields.ts";
import { readInput } from "../schemas/input.ts";

/** What a mock says of a request with an invalid field. */
export const NOT_VALID = "The request is not valid";

/** What a request says, taken apart. */
export interface Call {
  /** The segments at the names in the route's path. */
  readonly parameters: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  /** A JSON object; undefined for operations without a body. */
  readonly body: unknown;
}

/** What the text of a parameter means. */
export type ReadText = (given: string, payload: Payload) => unknown;

const INTEGER = /^-?(?:0|[1-9]\d*)$/;
/** A whole number; any other text stays as it is, for the schema to refuse. */
export const numberOf: ReadText = (given) => (INTEGER.test(given) ? Number(given) : given);

interface Named {
  readonly fieldNames: readonly string[];
}

/** Reads a query: parameters that the schema does not name are ignored. */
export function query<Output, Input>(
  schema: Schema<Output, Input> & Named,
  /** The parameters that are not text: what each means. Those that may be repeated are `repeatable`. */
  meanings: Readonly<Record<string, ReadText | "repeatable">>,
): Schema<Output, URLSearchParams> {
  return field((given, payload) => {
    const named: Record<string, unknown> = {};
    for (const name of schema.fieldNames) {
      const values = (given as URLSearchParams).getAll(name);
      const [first, ...others] = values;
      if (first === undefined) continue;
      const meaning = Object.hasOwn(meanings, name) ? meanings[name] : undefined;
      if (meaning === "repeatable") {
        named[name] = values;
        continue;
      }
      if (others.length > 0) refuse(payload, "expected it once", values, name);
      named[name] = meaning === undefined ? first : meaning(first, payload);
    }
    return readPart(schema, named, payload);
  });
}

/** Reads a request; throws an `InvalidInputError` that names everything that is wrong with it. */
export function readRequest<Output, Input>(schema: Schema<Output, Input>, given: unknown): Output {
  return readInput(schema, given, NOT_VALID);
}
