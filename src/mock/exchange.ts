import { InvalidInputError } from "../errors.ts";
import { type Answer, type Failure, failure, responseOf } from "./answer.ts";
import type { AnyFault, DriftedFields, FaultPlan } from "./faults.ts";
import { faultyAnswer } from "./faulty-answers.ts";
import {
  MAX_BODY,
  MAX_NESTING,
  type RequestBody,
  type RequestLog,
  readRequestBody,
} from "./received-requests.ts";
import { NOT_VALID } from "./requests.ts";
import { matchRoute, type RouteMatch, type Routes } from "./routes.ts";

/** An API that a mock answers for. */
export interface MockApi<Operation extends string, Store> {
  /** What is before the path of every route, such as `/v1`; empty for nothing. */
  readonly basePath: string;
  readonly routes: Routes<Operation, Store>;
  /** The answer to a request without success, in the API's own form. */
  readonly answerOf: (failure: Failure, requestId: string) => Answer;
  /** Applied to each object in a list, too. */
  readonly drifted: DriftedFields;
}

/** What a mock is, from its beginning to its next reset. */
interface MockState<Operation extends string, Store> {
  readonly store: Store;
  readonly requests: RequestLog<Operation>;
  readonly faults: Pick<FaultPlan<AnyFault>, "take">;
}

function answer<Operation extends string, Store>(
  { routes }: MockApi<Operation, Store>,
  store: Store,
  { method, url, headers }: Request,
  match: RouteMatch<Operation> | undefined,
  given: RequestBody,
): Answer | Failure {
  if (!/^bearer +\S/i.test(headers.get("authorization") ?? "")) {
    const refusal = failure(401, "unauthorized", "Send your API key: Authorization: Bearer <key>");
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
  if (given.problem === "nested too deeply") {
    return failure(400, "bad_request", `The body nests more than ${MAX_NESTING} levels`);
  }
  const { operation, parameters } = match;
  try {
    const call = { parameters, query: searchParams, body: given.text };
    return routes[operation].perform(store, call);
  } catch (error) {
    if (!(error instanceof InvalidInputError)) throw error;
    const refusal = failure(400, "validation_error", NOT_VALID);
    return { ...refusal, issues: error.issues };
  }
}

/** One request and its answer. Rejects on an abort, when the request's body breaks off, and as faults have it. */
export async function exchange<Operation extends string, Store>(
  api: MockApi<Operation, Store>,
  { store, faults, requests }: MockState<Operation, Store>,
  request: Request,
): Promise<Response> {
  request.signal.throwIfAborted();
  const body = await readRequestBody(request);
  request.signal.throwIfAborted();

  const { pathname } = new URL(request.url);
  const match = pathname.startsWith(`${api.basePath}/`)
    ? matchRoute(api.routes, request.method, pathname.slice(api.basePath.length))
    : undefined;
  const operation = match !== undefined && "operation" in match ? match.operation : undefined;
  const requestId = requests.add(request, operation, body);
  const carryOut = (): Answer => {
    const made = answer(api, store, request, match, body);
    return "error" in made ? api.answerOf(made, requestId) : made;
  };
  const fault = operation === undefined ? undefined : faults.take(operation);
  return fault === undefined
    ? responseOf(carryOut(), requestId)
    : faultyAnswer(fault, { request, requestId, carryOut, drifted: api.drifted });
}
