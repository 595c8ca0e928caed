/** What arrives at a mock, read with the schemas of what the client sends: bodies are JSON, a query is text. */
import { field, type Payload, readPart, refuse, type Schema } from "../schemas/fields.ts";
import { readInput } from "../schemas/input.ts";
import { isJsonObject } from "../values/json-form.ts";
import { parseJson } from "../values/lossless-json.ts";
import { type Answer, type Failure, failure } from "./answer.ts";

/** What a mock says of a request with an invalid field. */
export const NOT_VALID = "The request is not valid";

/** What a request says, taken apart. */
export interface Call<Parameters, Query, Body> {
  /** The segments at the names in the route's path. */
  readonly parameters: Parameters;
  readonly query: Query;
  readonly body: Body;
}

/** How the parts of a request are read. A part without a schema is not looked at. */
export interface CallSchemas<Parameters, Query, Body> {
  readonly parameters?: Schema<Parameters, unknown>;
  readonly query?: Schema<Query, unknown>;
  /** Of a JSON object, without which the request is refused. */
  readonly body?: Schema<Body, unknown>;
}

/** Carries out one operation; throws an `InvalidInputError` for a request that is not valid. */
export type Perform<Store> = (
  store: Store,
  call: Call<Readonly<Record<string, string>>, URLSearchParams, string>,
) => Answer | Failure;

/** An operation that is carried out once all parts of its request have been read. */
export function operation<Store, Parameters, Query, Body>(
  { parameters, query, body }: CallSchemas<Parameters, Query, Body>,
  perform: (store: Store, call: Call<Parameters, Query, Body>) => Answer | Failure,
): Perform<Store> {
  const read = <T>(schema: Schema<T, unknown> | undefined, given: unknown): T =>
    (schema && readInput(schema, given, NOT_VALID)) as T;
  return (store, given) => {
    const readParameters = read(parameters, given.parameters);
    const object = body && jsonOf(given.body);
    if (body !== undefined && !isJsonObject(object)) {
      return failure(400, "bad_request", "The body is not a JSON object");
    }
    const call = { query: read(query, given.query), body: read(body, object) };
    return perform(store, { ...call, parameters: readParameters });
  };
}

function jsonOf(text: string): unknown {
  try {
    return parseJson(text);
  } catch {
    return undefined;
  }
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
