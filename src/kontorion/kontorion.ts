import type { paths } from "../../generated/kontorion.ts";
import type { FieldError, KontorionOperation } from "../errors.ts";
import type { ErrorBody } from "../http/api-error.ts";
import { HttpClient } from "../http/client.ts";
import { type Api, type ClientOptions, readOptions } from "../http/options.ts";
import { readInput } from "../schemas/input.ts";
import { isRecord } from "../values/record.ts";
import { Costs, nextCursorOf } from "./costs.ts";
import type { NextCursor } from "./models.ts";
import { type Route, routesOf } from "./routes.ts";
import { kontorionOptions } from "./schemas.ts";

/** How a `Kontorion` client is made. */
export interface KontorionOptions extends ClientOptions {
  /**
   * `sk_live_` or `sk_test_` and 64 hexadecimal digits, or a function that returns it, called at every attempt. Without
   * it the client reads the environment variable `KONTORION_API_KEY`, for Kontorion's own host only.
   */
  readonly apiKey?: ClientOptions["apiKey"];
  /** @default "https://api.kontorion.eu/v1" */
  readonly baseUrl?: ClientOptions["baseUrl"];
  /** Request lines that differ from the table `ROUTES`, which is inferred for the most part. */
  readonly routes?: Readonly<Partial<Record<KontorionOperation, Route>>> | undefined;
  /**
   * Reads the cursor of the next page from the `pagination` of a page, whose members are not published: text, null when
   * there is no next page, undefined when it cannot tell.
   * @default reads next_cursor, nextCursor, next and has_more
   */
  readonly nextCursor?: NextCursor | undefined;
}

/** The members of an item of `fields` that may hold what a `FieldError` needs; they are not published. */
const FIELD_NAMES = ["field", "name", "path", "pointer"];
const REASON_NAMES = ["message", "detail", "reason", "error"];

function textOf(members: Readonly<Record<string, unknown>>, names: readonly string[]) {
  return names.map((name) => members[name]).find((member) => typeof member === "string") as
    | string
    | undefined;
}

function readFieldErrors(fields: unknown): FieldError[] | undefined {
  if (!Array.isArray(fields)) return undefined;
  return fields.flatMap((item: unknown): FieldError[] => {
    if (typeof item === "string") return [{ field: item, message: "was refused" }];
    if (!isRecord(item)) return [];
    const field = textOf(item, FIELD_NAMES);
    const code = textOf(item, ["code"]);
    if (field === undefined) return [];
    const message = textOf(item, REASON_NAMES) ?? "was refused";
    return [{ field, message, ...(code !== undefined && { code }) }];
  });
}

/** Reads an RFC 9457 document. Every member without a place of its own is kept under `details`, `fields` as it came. */
function readErrorBody(body: unknown): ErrorBody {
  if (!isRecord(body)) return {};
  const { title, detail, code, request_id, status: _status, ...details } = body;
  return {
    message: textOf({ detail, title }, ["detail", "title"]),
    code: textOf({ code }, ["code"]),
    requestId: textOf({ request_id }, ["request_id"]),
    fieldErrors: readFieldErrors(body["fields"]),
    details,
  };
}

const KONTORION: Api = {
  client: "Kontorion",
  environments: { live: "https://api.kontorion.eu/v1" },
  keyVariable: "KONTORION_API_KEY",
  keyForm: {
    pattern: /^sk_(?:live|test)_[0-9a-f]{64}$/i,
    example: "sk_test_ and 64 hexadecimal digits",
  },
  readErrorBody,
};

/**
 * A client of Kontorion's versioned costs. It was written from public documentation, and nothing of it was tried against
 * the service: the guide "Versioned costs with Kontorion" says what to confirm first.
 *
 * Making a client sends nothing. It throws an `InvalidInputError` for options that cannot work. The key is in none of
 * its properties, errors or printed forms, and a literal key in a browser is refused without `dangerouslyAllowBrowser`.
 *
 * @example
 * ```ts
 * import { Kontorion } from "metered-costs/kontorion";
 *
 * const kontorion = new Kontorion({ apiKey: `sk_test_${"0".repeat(64)}` });
 * for await (const cost of kontorion.costs.listAll()) console.log(cost.key, cost.version);
 * ```
 */
export class Kontorion {
  /** The catalog of versioned costs. */
  readonly costs: Costs;

  constructor(options: KontorionOptions = {}) {
    const { routes, nextCursor = nextCursorOf, ...common } = options;
    const read = readInput(
      kontorionOptions,
      { routes, nextCursor },
      "new Kontorion: the client cannot be made",
    );
    const client = new HttpClient<paths>(readOptions(common, KONTORION));
    this.costs = new Costs(client, routesOf(read.routes), read.nextCursor);
  }
}
