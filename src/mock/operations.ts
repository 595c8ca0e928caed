import type { Operation } from "../errors.ts";
import { type Answer, failure } from "./answers.ts";
import { COST_CREATE, COST_UPDATE, EVENT_INGEST } from "./bodies.ts";
import { assertShape } from "./checks.ts";
import { readCostList, readCostReport, readCostSummary } from "./queries.ts";
import { reportBody } from "./report-body.ts";
import type { MockStore, StoredCost, StoredEvent } from "./store.ts";
import { summaryBody } from "./summary-body.ts";
import { unitCostText } from "./unit-cost.ts";

/** What a request says, taken apart. */
export interface Call {
  /** The `{id}` in the path; empty where the path has none. */
  readonly id: string;
  readonly query: URLSearchParams;
  /** A JSON object; undefined for operations without a body. */
  readonly body: unknown;
}

/** Does one operation; throws an `InvalidInputError` for a request that is not valid. */
export type PerformOperation = (store: MockStore, call: Call) => Answer;

function withCost(store: MockStore, id: string, use: (cost: StoredCost) => Answer): Answer {
  const cost = store.activeCost(id);
  return cost === undefined ? failure(404, "not_found", `There is no cost ${id}`) : use(cost);
}

function receipt({ data: _data, conflicts: _conflicts, ...rest }: StoredEvent): object {
  return rest;
}

const createCost: PerformOperation = (store, { body }) => {
  assertShape(body, COST_CREATE);
  const cost = store.createCost({ ...body, unitCost: unitCostText(body.unitCost) });
  return { status: 201, body: cost };
};

const listCosts: PerformOperation = (store, { query }) => {
  const { merchantId, productId, limit, offset } = readCostList(query);
  const costs = store.activeCosts.filter(
    (cost) =>
      (merchantId === undefined || cost.merchantId === merchantId) &&
      (productId === undefined || cost.productId === productId),
  );
  const pagination = { limit, offset, total: costs.length };
  const data = costs.slice(offset, offset + limit);
  return { status: 200, body: { object: "list", data, pagination } };
};

const getCost: PerformOperation = (store, { id }) =>
  withCost(store, id, (cost) => ({ status: 200, body: cost }));

const updateCost: PerformOperation = (store, { id, body }) => {
  assertShape(body, COST_UPDATE);
  const { unitCost, ...changes } = body;
  const price = unitCost === undefined ? {} : { unitCost: unitCostText(unitCost) };
  return withCost(store, id, (cost) => ({
    status: 200,
    body: store.updateCost(cost, { ...changes, ...price }),
  }));
};

const deleteCost: PerformOperation = (store, { id }) =>
  withCost(store, id, (cost) => {
    store.deleteCost(cost);
    return { status: 204 };
  });

const getCostSummary: PerformOperation = (store, { id, query }) => {
  const wanted = readCostSummary(query);
  return withCost(store, id, (cost) => ({
    status: 200,
    body: summaryBody(cost, store.events, wanted),
  }));
};

const getCostReport: PerformOperation = (store, { query }) => ({
  status: 200,
  body: reportBody(store.activeCosts, store.events, readCostReport(query)),
});

const ingestEvent: PerformOperation = (store, { body }) => {
  assertShape(body, EVENT_INGEST);
  if (!store.activeCosts.some(({ eventType }) => eventType === body.type)) {
    const message = `No cost meters events of the type ${JSON.stringify(body.type)}`;
    return failure(422, "invalid_event_type", message);
  }
  return { status: 202, body: receipt(store.takeEvent(body)) };
};

/** The operations of costs and events, by their names. */
export const OPERATIONS: Readonly<Partial<Record<Operation, PerformOperation>>> = {
  createCost,
  listCosts,
  getCost,
  updateCost,
  deleteCost,
  getCostSummary,
  getCostReport,
  ingestEvent,
};
