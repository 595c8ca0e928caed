import { InvalidInputError, type Operation } from "../errors.ts";
import { isJsonObject } from "../values/json-form.ts";
import { parseJson } from "../values/lossless-json.ts";
import { type Answer, failure, responseOf, validationFailure } from "./answers.ts";
import type { FaultPlan } from "./fault-plan.ts";
import { faultyAnswer } from "./faulty-answers.ts";
import { OPERATIONS } from "./operations.ts";
import {
  MAX_BODY,
  MAX_NESTING,
  type RequestBody,
  type RequestLog,
  readBody,
} from "./received-requests.ts";
import { checkId } from "./requests.ts";
import { matchRoute, type RouteMatch } from "./routes.ts";
import type { MockStore } from "./store.ts";

/** What a mock is, from its beginning to its next reset. */
export interface MockState {
  readonly store: MockStore;
  readonly faults: FaultPlan;
  readonly requests: RequestLog;
}

const TAKES_BODY: ReadonlySet<Operation> = new Set(["createCost", "updateCost", "ingestEvent"]);

function jsonOf({ text }: RequestBody): unknown {
  try {
    return parseJson(text);
  } catch {
    return undefined;
  }
}

function answer(
  store: MockStore,
  { method, url, headers }: Request,
  match: RouteMatch | undefined,
  given: RequestBody,
): Answer {
  if (!/^bearer +\S/i.test(headers.get("authorization") ?? "")) {
    const refusal = failure(401, "unauthorized", "Say your API key: Authorization: Bearer <key>");
    return { ...refusal, headers: { "www-authenticate": "Bearer" } };
  }
  const { pathname, searchParams } = new URL(url);
  if (match === undefined) return failure(404, "not_found", `There is nothing at ${pathname}`);
  if ("allow" in match) {
    const message = `${method} is not allowed here, but ${match.allow}`;
    return { ...failure(405, "method_not_allowed", message), headers: { allow: match.allow } };
  }
  if (given.problem === "too long") {
    return failure(413, "payload_too_large", `The body is longer than ${MAX_BODY} bytes`);
  }
  const { operation, id } = match;
  if (given.problem === "nested too deeply") {
    return failure(400, "bad_request", `The body nests more than ${MAX_NESTING} levels`);
  }
  const body = TAKES_BODY.has(operation) ? jsonOf(given) : undefined;
  try {
    if (id !== undefined) checkId(pathname.includes("/billableMetrics/") ? "metric" : "cost", id);
    if (TAKES_BODY.has(operation) && !isJsonObject(body)) {
      return failure(400, "bad_request", "The body is no JSON object");
    }
    return OPERATIONS[operation](store, { id: id ?? "", query: searchParams, body });
  } catch (error) {
    if (error instanceof InvalidInputError) return validationFailure(error.issues);
    throw error;
  }
}

/** One request and its answer. Rejects on an abort, when the request's body breaks off, and as faults have it. */
export async function exchange(state: MockState, request: Request): Promise<Response> {
  const { store, faults, requests } = state;
  request.signal.throwIfAborted();
  const body = await readBody(request);
  request.signal.throwIfAborted();

  const match = matchRoute(request.method, new URL(request.url).pathname);
  const operation = match !== undefined && "operation" in match ? match.operation : undefined;
  requests.add(request, operation, body);
  const requestId = store.nextId("req");
  const carryOut = (): Answer => answer(store, request, match, body);
  const fault = operation === undefined ? undefined : faults.take(operation);
  return fault === undefined
    ? responseOf(carryOut(), requestId)
    : faultyAnswer(fault, { request, requestId, carryOut });
}
