import { InvalidInputError, type Operation } from "../errors.ts";
import { parseJson } from "../json.ts";
import { isJsonObject } from "../json-form.ts";
import type { CostEvent } from "../models.ts";
import { type Answer, failure, responseOf, validationFailure } from "./answers.ts";
import { assertShape, expecting, type Shape } from "./checks.ts";
import { OPERATIONS } from "./operations.ts";
import { assertCostId } from "./queries.ts";
import { matchRoute } from "./routes.ts";
import { type CostSeed, plantSeeds } from "./seeds.ts";
import { SandboxStore } from "./store.ts";

/** What a sandbox begins with. */
export interface SandboxOptions {
  /** Costs that are there from the start, in this order. */
  readonly costs?: readonly CostSeed[] | undefined;
  /** Events that were received before, in this order, whether a cost meters them or not. */
  readonly events?: readonly CostEvent[] | undefined;
  /**
   * What time it is: for `createdAt`, `updatedAt` and events without a timestamp.
   * @default () => new Date()
   */
  readonly clock?: (() => Date) | undefined;
}

/** An in-memory Paygentic. */
export interface Sandbox {
  /**
   * Answers a request as the API would. The host of its URL does not matter, the path does. It rejects only when the
   * request's own body cannot be read to its end.
   */
  readonly handle: (request: Request) => Promise<Response>;
}

const aList = expecting("an array", Array.isArray);
const OPTIONS: Shape<SandboxOptions> = {
  fields: {
    costs: aList,
    events: aList,
    clock: expecting("a function", (value) => typeof value === "function"),
  },
  required: [],
};

const TAKES_BODY: ReadonlySet<Operation> = new Set(["createCost", "updateCost", "ingestEvent"]);

async function readBody(request: Request): Promise<unknown> {
  const text = await request.text();
  try {
    return parseJson(text);
  } catch {
    return undefined;
  }
}

async function answer(store: SandboxStore, request: Request): Promise<Answer> {
  if (!/^bearer +\S/i.test(request.headers.get("authorization") ?? "")) {
    const refusal = failure(401, "unauthorized", "Say your API key: Authorization: Bearer <key>");
    return { ...refusal, headers: { "www-authenticate": "Bearer" } };
  }
  const { pathname, searchParams } = new URL(request.url);
  const match = matchRoute(request.method, pathname);
  if (match === undefined) return failure(404, "not_found", `There is nothing at ${pathname}`);
  if ("allow" in match) {
    const message = `${request.method} is not allowed here, but ${match.allow}`;
    return { ...failure(405, "method_not_allowed", message), headers: { allow: match.allow } };
  }
  const { operation, id } = match;
  const body = TAKES_BODY.has(operation) ? await readBody(request) : undefined;
  try {
    if (id !== undefined) assertCostId(id);
    if (TAKES_BODY.has(operation) && !isJsonObject(body)) {
      return failure(400, "bad_request", "The body is no JSON object");
    }
    return OPERATIONS[operation](store, { id: id ?? "", query: searchParams, body });
  } catch (error) {
    if (error instanceof InvalidInputError) return validationFailure(error.issues);
    throw error;
  }
}

/**
 * Makes an in-memory Paygentic: costs, events and summaries behind the API's own requests and answers, for tests and
 * for trying things out, without a network and without a key (any bearer token will do).
 *
 * It is as strict as the contract: what is not valid gets a 400 that names the fields. Ids and keys that it makes up
 * are counted (`cst_1`, `evt_1`, `key_1`, ...), costs without a merchant belong to `org_sandbox`. Summaries are
 * computed by `summarizeCost`, exact to the last digit, with windows in UTC; a cost that lacks what it needs for one
 * (after an update) has null totals. Without options it begins empty, at the time of the machine's clock.
 *
 * Throws an `InvalidInputError` for options it does not know, a seed that means nothing, and an id given twice.
 *
 * @example
 * ```ts
 * import { createSandbox } from "metered-costs/sandbox";
 *
 * const sandbox = createSandbox({
 *   costs: [
 *     {
 *       id: "cst_tokens",
 *       type: "metered",
 *       name: "Tokens",
 *       unitCost: "0.0000025",
 *       currency: "USD",
 *       productId: "prod_1",
 *       eventType: "llm.completion",
 *       aggregation: "SUM",
 *       valueProperty: "$.tokens",
 *     },
 *   ],
 * });
 * const request = new Request("https://api.sandbox.paygentic.io/v0/costs/cst_tokens", {
 *   headers: { authorization: "Bearer sk_test_1" },
 * });
 * const response = await sandbox.handle(request);
 * console.log(response.status); // 200
 * ```
 */
export function createSandbox(options: SandboxOptions = {}): Sandbox {
  assertShape(options, OPTIONS, "The sandbox cannot be made");
  const { costs = [], events = [], clock = () => new Date() } = options;
  const store = new SandboxStore(clock);
  plantSeeds(store, costs, events);
  return {
    handle: async (request) => {
      const requestId = store.nextId("req");
      return responseOf(await answer(store, request), requestId);
    },
  };
}
