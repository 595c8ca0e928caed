import type { KontorionOperation } from "../../errors.ts";
import type { Routes } from "../../kontorion/routes.ts";
import {
  costCreateParams,
  costListParams,
  costUpdateParams,
  uuid,
  versionListParams,
} from "../../kontorion/schemas.ts";
import { field, nullish, optional, readPart, strictObject } from "../../schemas/fields.ts";
import { refuseInput } from "../../schemas/input.ts";
import { type Answer, type Failure, failure, fieldsOf } from "../answers.ts";
import type { MockApi } from "../exchange.ts";
import type { DriftedFields } from "../faults.ts";
import { type Call, NOT_VALID, numberOf, query, readRequest } from "../requests.ts";
import { type CatalogStore, isOf, type StoredCost, scopeOf } from "./store.ts";

type Perform = (store: CatalogStore, call: Call) => Answer | Failure;

/** The size of a page; the real one is not published. */
const DEFAULT_LIMIT = 20;
const ids = strictObject({ productId: optional(uuid), costId: optional(uuid) });
const listQuery = query(costListParams, { limit: numberOf });
const versionQuery = query(versionListParams, { status: "repeatable" });
const productInBody = nullish(uuid);
/** The body names the product, too; the route decides. */
const createBody = field<{ key: string; description?: string | undefined }, object>(
  (given, payload) => {
    const { product_id, ...params } = given as Readonly<Record<string, unknown>>;
    readPart(productInBody, product_id, payload, "product_id");
    return readPart(costCreateParams, params, payload);
  },
);

/** An answer about one cost, in its envelope. */
const answerWith = (store: CatalogStore, cost: StoredCost, status = 200): Answer => ({
  status,
  body: { data: store.model(cost) },
});

function withCost(
  store: CatalogStore,
  { parameters: { costId, productId } }: Call,
  use: (cost: StoredCost) => Answer | Failure,
): Answer | Failure {
  const cost = store.cost(costId, productId);
  if (cost !== undefined) return use(cost);
  const details = { entity_type: "cost", entity_id: costId };
  return failure(404, "not_found", `There is no cost ${costId}`, details);
}

/** One page of active costs. The cursor is the id of the last cost of the page before. */
const list: Perform = (store, { parameters: { productId }, query: given }) => {
  const { scope, limit = DEFAULT_LIMIT, cursor } = readRequest(listQuery, given);
  const costs = store.activeCosts.filter(
    (cost) =>
      (productId === undefined || isOf(cost, productId)) &&
      (scope === undefined || scopeOf(cost) === scope),
  );
  const last = costs.findIndex(({ id }) => id === cursor);
  if (cursor !== undefined && last === -1) {
    const message = "expected the next_cursor of the page before";
    refuseInput(NOT_VALID, ["cursor"], message);
  }
  const page = costs.slice(last + 1, last + 1 + limit);
  const has_more = last + 1 + limit < costs.length;
  const next_cursor = has_more ? page.at(-1)?.id : null;
  const data = page.map((cost) => store.model(cost));
  return { status: 200, body: { data, pagination: { next_cursor, has_more } } };
};

const create: Perform = (store, { parameters: { productId }, body }) => {
  const { key, description } = readRequest(createBody, body);
  if (store.isTaken(key, productId)) {
    return failure(409, "conflict", `An active cost has the key ${key}`);
  }
  return answerWith(store, store.create({ key, description, productId }), 201);
};

const OPERATIONS: Readonly<Record<KontorionOperation, Perform>> = {
  listCosts: list,
  listProductCosts: list,
  createCost: create,
  createProductCost: create,
  getCost: (store, call) => withCost(store, call, (cost) => answerWith(store, cost)),
  updateCost: (store, call) => {
    const edit = readRequest(costUpdateParams, call.body as never);
    return withCost(store, call, (cost) =>
      cost.archivedAt === undefined
        ? answerWith(store, store.update(cost, edit))
        : failure(409, "invalid_transition", "The cost is archived"),
    );
  },
  copyCost: (store, call) =>
    withCost(store, call, (cost) => answerWith(store, store.copy(cost), 201)),
  listCostVersions: (store, call) => {
    const { status } = readRequest(versionQuery, call.query);
    const wanted = status?.map((each) => each.toLowerCase());
    return withCost(store, call, (cost) => {
      const versions = store.versions(cost);
      const data = versions.filter((each) => wanted?.includes(each.status ?? "") ?? true);
      return { status: 200, body: { data } };
    });
  },
};
const TAKES_BODY: readonly string[] = ["createCost", "createProductCost", "updateCost"];
/** The codes that are published; any other failure has its category as its code. */
const CODES: Readonly<Record<string, string>> = {
  validation_error: "VALIDATION",
  bad_request: "VALIDATION",
};

/** The code or the scope that is new, and the number where there was text, in a problem, a cost and a version. */
const drifted: DriftedFields = (body, drift) => {
  if (drift === "unknown-field") return { addedLater: true };
  const isMember = drift === "unknown-member";
  if ("data" in body) return {};
  if ("detail" in body) return isMember ? { code: "MOVED_ON" } : { detail: 1 };
  if ("key" in body) return isMember ? { scope: "TEAM" } : { key: 1 };
  return { status: isMember ? "frozen" : 1 };
};

/** Kontorion's API with these request lines, as a mock answers for it. */
export function kontorionApi(routes: Routes): MockApi<KontorionOperation, CatalogStore> {
  return {
    basePath: "/v1",
    routes: Object.entries(routes).map(([operation, route]) => ({
      operation: operation as KontorionOperation,
      ...route,
      parameters: ids,
      takesBody: TAKES_BODY.includes(operation),
    })),
    perform: (store, operation, call) => OPERATIONS[operation](store, call),
    answerOf: ({ status, error, message, issues, details, headers }, request_id) => ({
      status,
      body: {
        type: "about:blank",
        title: error.replaceAll("_", " "),
        status,
        detail: message,
        code: CODES[error] ?? error.toUpperCase(),
        request_id,
        ...details,
        fields: fieldsOf(issues),
      },
      headers: { ...headers, "content-type": "application/problem+json" },
    }),
    drifted,
  };
}
