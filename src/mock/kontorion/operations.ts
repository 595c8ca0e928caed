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
import { type Answer, type Failure, failure, fieldsOf } from "../answer.ts";
import type { MockApi } from "../exchange.ts";
import type { DriftedFields } from "../faults.ts";
import {
  type CallSchemas,
  NOT_VALID,
  numberOf,
  operation,
  type Perform,
  query,
} from "../requests.ts";
import { type CatalogStore, isOf, type StoredCost, scopeOf } from "./store.ts";

/** The size of a page; the real one is not published. */
const DEFAULT_LIMIT = 20;
/** The routes are up to the user: any path may have any of the ids. */
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

/** An operation on the cost whose id the path has. */
function onCost<Query, Body>(
  schemas: Pick<CallSchemas<never, Query, Body>, "query" | "body">,
  use: (
    store: CatalogStore,
    cost: StoredCost,
    call: { query: Query; body: Body },
  ) => Answer | Failure,
): Perform<CatalogStore> {
  return operation({ ...schemas, parameters: ids }, (store, { parameters, ...call }) => {
    const { costId, productId } = parameters;
    const cost = store.cost(costId, productId);
    if (cost !== undefined) return use(store, cost, call);
    const details = { entity_type: "cost", entity_id: costId };
    return failure(404, "not_found", `There is no cost ${costId}`, details);
  });
}

/** One page of active costs. The cursor is the id of the last cost of the page before. */
const list = operation(
  { parameters: ids, query: listQuery },
  (store: CatalogStore, { parameters: { productId }, query: given }) => {
    const { scope, limit = DEFAULT_LIMIT, cursor } = given;
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
  },
);

const create = operation(
  { parameters: ids, body: createBody },
  (store: CatalogStore, { parameters: { productId }, body: { key, description } }) =>
    store.isTaken(key, productId)
      ? failure(409, "conflict", `An active cost has the key ${key}`)
      : answerWith(store, store.create({ key, description, productId }), 201),
);

const OPERATIONS: Readonly<Record<KontorionOperation, Perform<CatalogStore>>> = {
  listCosts: list,
  listProductCosts: list,
  createCost: create,
  createProductCost: create,
  getCost: onCost({}, (store, cost) => answerWith(store, cost)),
  updateCost: onCost({ body: costUpdateParams }, (store, cost, { body: edit }) =>
    cost.archivedAt === undefined
      ? answerWith(store, store.update(cost, edit))
      : failure(409, "invalid_transition", "The cost is archived"),
  ),
  copyCost: onCost({}, (store, cost) => answerWith(store, store.copy(cost), 201)),
  listCostVersions: onCost({ query: versionQuery }, (store, cost, { query: { status } }) => {
    const wanted = status?.map((each) => each.toLowerCase());
    const versions = store.versions(cost);
    const data = versions.filter((each) => wanted?.includes(each.status ?? "") ?? true);
    return { status: 200, body: { data } };
  }),
};

/** The codes that are published; any other failure has its category as its code. */
const CODES: Readonly<Record<string, string>> = {
  validation_error: "VALIDATION",
  bad_request: "VALIDATION",
};

/** The code or the scope that is new, and the number where there was text, in a problem, a cost and a version. */
const drifted: DriftedFields = (body, drift) => {
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
    routes: Object.fromEntries(
      Object.entries(routes).map(([name, route]) => [
        name,
        { ...route, perform: OPERATIONS[name as KontorionOperation] },
      ]),
    ) as MockApi<KontorionOperation, CatalogStore>["routes"],
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
