import type { Operation } from "../../errors.ts";
import type { CostReport } from "../../models.ts";
import { reportCosts } from "../../summary/report.ts";
import { type Answer, type Failure, failure, fieldsOf } from "../answers.ts";
import type { MockApi } from "../exchange.ts";
import { readRequest } from "../requests.ts";
import type { Route } from "../routes.ts";
import { getBillableMetricMeter, listBillableMetricEvents } from "./billable-metrics.ts";
import { drifted } from "./drift.ts";
import {
  type Call,
  costPath,
  costReportQuery,
  costSummaryQuery,
  createCostBody,
  ingestEventBody,
  listCostsQuery,
  metricPath,
  updateCostBody,
} from "./requests.ts";
import { getProfitability, getRevenue } from "./revenue.ts";
import type { MockStore, NewCost, NewEvent, StoredCost, StoredEvent } from "./store.ts";
import { compute, type SummaryQuery } from "./usage.ts";

/**
 * The body of a summary: the contract's fields, with Decimals for amounts.
 * Throws an `InvalidInputError` whose paths begin with the query's fields.
 */
function summaryBody(
  cost: StoredCost,
  events: readonly StoredEvent[],
  query: SummaryQuery,
): object {
  const { id, name, object, type, currency, eventType } = cost;
  return {
    id,
    name,
    object,
    type,
    currency,
    eventType: eventType ?? undefined,
    ...compute(cost, events, query),
  };
}

/**
 * The body of a report, with Decimals for amounts. Throws an `InvalidInputError` whose paths begin with the query's
 * fields. An event whose value is out of bounds is left out, and said so in the warnings: a report has no null totals.
 */
function reportBody(
  costs: readonly StoredCost[],
  events: readonly StoredEvent[],
  query: Parameters<typeof reportCosts>[2],
): CostReport {
  let unusable = 0;
  const report = reportCosts(costs, events, query, {
    deduplicate: false, // the store holds each key once
    onInvalidEvent: () => {
      unusable++;
    },
  });
  if (unusable === 0) return report;
  const warning = `${unusable} events are left out: their values are out of bounds`;
  return { ...report, warnings: [...(report.warnings ?? []), warning] };
}

/** Does one operation; throws an `InvalidInputError` for a request that is not valid. */
type PerformOperation = (store: MockStore, call: Call) => Answer | Failure;

function withCost(
  store: MockStore,
  id: string,
  use: (cost: StoredCost) => Answer,
): Answer | Failure {
  const cost = store.activeCost(id);
  return cost === undefined ? failure(404, "not_found", `There is no cost ${id}`) : use(cost);
}

function receipt({ data: _data, conflicts: _conflicts, ...rest }: StoredEvent): object {
  return rest;
}

const createCost: PerformOperation = (store, { body }) => {
  const { unitCost, ...cost } = readRequest(createCostBody, body);
  return {
    status: 201,
    body: store.createCost({ ...cost, unitCost: unitCost.toFixed() } as NewCost),
  };
};

const listCosts: PerformOperation = (store, { query }) => {
  const { merchantId, productId, limit = 10, offset = 0 } = readRequest(listCostsQuery, query);
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
  const { unitCost, ...changes } = readRequest(updateCostBody, body);
  const price = unitCost === undefined ? {} : { unitCost: unitCost.toFixed() };
  return withCost(store, id, (cost) => ({
    status: 200,
    body: store.updateCost(cost, { ...changes, ...price } as Partial<NewCost>),
  }));
};

const deleteCost: PerformOperation = (store, { id }) =>
  withCost(store, id, (cost) => {
    store.deleteCost(cost);
    return { status: 204 };
  });

const getCostSummary: PerformOperation = (store, { id, query }) => {
  const wanted = readRequest(costSummaryQuery, query);
  return withCost(store, id, (cost) => ({
    status: 200,
    body: summaryBody(cost, store.events, wanted),
  }));
};

const getCostReport: PerformOperation = (store, { query }) => ({
  status: 200,
  body: reportBody(store.activeCosts, store.events, readRequest(costReportQuery, query)),
});

const ingestEvent: PerformOperation = (store, { body }) => {
  const event = readRequest(ingestEventBody, body);
  const readers = [...store.activeCosts, ...store.metrics];
  if (!readers.some(({ eventType }) => eventType === event.type)) {
    const message = `No cost and no billable metric reads events of the type ${JSON.stringify(event.type)}`;
    return failure(422, "invalid_event_type", message);
  }
  return { status: 202, body: receipt(store.takeEvent(event as NewEvent)) };
};

/** The operations of the contract, by their names. */
const OPERATIONS: Readonly<Record<Operation, PerformOperation>> = {
  createCost,
  listCosts,
  getCost,
  updateCost,
  deleteCost,
  getCostSummary,
  getCostReport,
  ingestEvent,
  getProfitability,
  getRevenue,
  getBillableMetricMeter,
  listBillableMetricEvents,
};

const ROUTES: readonly Route<Operation>[] = [
  { operation: "listCosts", method: "GET", path: "/v0/costs" },
  { operation: "createCost", method: "POST", path: "/v0/costs", takesBody: true },
  { operation: "getCostReport", method: "GET", path: "/v0/costs/report" },
  { operation: "getCost", method: "GET", path: "/v0/costs/{id}", parameters: costPath },
  {
    operation: "updateCost",
    method: "PATCH",
    path: "/v0/costs/{id}",
    parameters: costPath,
    takesBody: true,
  },
  { operation: "deleteCost", method: "DELETE", path: "/v0/costs/{id}", parameters: costPath },
  {
    operation: "getCostSummary",
    method: "GET",
    path: "/v0/costs/{id}/summary",
    parameters: costPath,
  },
  { operation: "ingestEvent", method: "POST", path: "/v0/events", takesBody: true },
  { operation: "getProfitability", method: "GET", path: "/v0/profitability" },
  { operation: "getRevenue", method: "GET", path: "/v0/revenue" },
  {
    operation: "getBillableMetricMeter",
    method: "GET",
    path: "/v0/billableMetrics/{id}/meter",
    parameters: metricPath,
  },
  {
    operation: "listBillableMetricEvents",
    method: "GET",
    path: "/v0/billableMetrics/{id}/events",
    parameters: metricPath,
  },
];

/** Paygentic's API, as a mock answers for it. */
export const PAYGENTIC: MockApi<Operation, MockStore> = {
  basePath: "",
  routes: ROUTES,
  perform: (store, operation, { parameters, query, body }) =>
    OPERATIONS[operation](store, { id: parameters["id"] ?? "", query, body }),
  // A 400 names each field that is wrong by its dotted path.
  answerOf: ({ status, error, message, issues, headers }) => ({
    status,
    body: {
      message,
      error,
      errors: fieldsOf(issues),
    },
    ...(headers && { headers }),
  }),
  drifted,
};
