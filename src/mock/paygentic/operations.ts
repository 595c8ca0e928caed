import type { Operation } from "../../errors.ts";
import type { CostReport } from "../../models.ts";
import { reportCosts } from "../../summary/report.ts";
import { counted } from "../../values/counted.ts";
import { Decimal } from "../../values/decimal.ts";
import { type Answer, failure, fieldsOf } from "../answer.ts";
import type { MockApi } from "../exchange.ts";
import type { DriftedFields } from "../faults.ts";
import { type CallSchemas, operation, type Perform } from "../requests.ts";
import type { Routes } from "../routes.ts";
import { getBillableMetricMeter, listBillableMetricEvents } from "./billable-metrics.ts";
import {
  costPath,
  costReportQuery,
  costSummaryQuery,
  createCostBody,
  ingestEventBody,
  listCostsQuery,
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
  const leftOut = counted(
    unusable,
    "event is left out: its value is",
    "events are left out: their values are",
  );
  const warning = `${leftOut} out of bounds`;
  return { ...report, warnings: [...(report.warnings ?? []), warning] };
}

function receipt({ data: _data, conflicts: _conflicts, ...rest }: StoredEvent): object {
  return rest;
}

const createCost = operation(
  { body: createCostBody },
  (store: MockStore, { body: { unitCost, ...cost } }) => ({
    status: 201,
    body: store.createCost({ ...cost, unitCost: unitCost.toFixed() } as NewCost),
  }),
);

const listCosts = operation({ query: listCostsQuery }, (store: MockStore, { query }) => {
  const { merchantId, productId, limit = 10, offset = 0 } = query;
  const costs = store.activeCosts.filter(
    (cost) =>
      (merchantId === undefined || cost.merchantId === merchantId) &&
      (productId === undefined || cost.productId === productId),
  );
  const pagination = { limit, offset, total: costs.length };
  const data = costs.slice(offset, offset + limit);
  return { status: 200, body: { object: "list", data, pagination } };
});

/** An operation on the cost whose id the path has. */
function onCost<Query, Body>(
  schemas: Pick<CallSchemas<never, Query, Body>, "query" | "body">,
  use: (store: MockStore, cost: StoredCost, call: { query: Query; body: Body }) => Answer,
): Perform<MockStore> {
  return operation(
    { ...schemas, parameters: costPath },
    (store, { parameters: { id }, ...call }) => {
      const cost = store.activeCost(id);
      if (cost === undefined) return failure(404, "not_found", `There is no cost ${id}`);
      return use(store, cost, call);
    },
  );
}

const getCost = onCost({}, (_store, cost) => ({ status: 200, body: cost }));

const updateCost = onCost({ body: updateCostBody }, (store, cost, { body }) => {
  const { unitCost, ...changes } = body;
  const price = unitCost === undefined ? {} : { unitCost: unitCost.toFixed() };
  const updated = store.updateCost(cost, { ...changes, ...price } as Partial<NewCost>);
  return { status: 200, body: updated };
});

const deleteCost = onCost({}, (store, cost) => {
  store.deleteCost(cost);
  return { status: 204 };
});

const getCostSummary = onCost({ query: costSummaryQuery }, (store, cost, { query }) => ({
  status: 200,
  body: summaryBody(cost, store.events, query),
}));

const getCostReport = operation({ query: costReportQuery }, (store: MockStore, { query }) => ({
  status: 200,
  body: reportBody(store.activeCosts, store.events, query),
}));

const ingestEvent = operation({ body: ingestEventBody }, (store: MockStore, { body: event }) => {
  const readers = [...store.activeCosts, ...store.metrics];
  if (!readers.some(({ eventType }) => eventType === event.type)) {
    const message = `No cost and no billable metric reads events of the type ${JSON.stringify(event.type)}`;
    return failure(422, "invalid_event_type", message);
  }
  return { status: 202, body: receipt(store.takeEvent(event as NewEvent)) };
});

const ROUTES: Routes<Operation, MockStore> = {
  listCosts: { method: "GET", path: "/v0/costs", perform: listCosts },
  createCost: { method: "POST", path: "/v0/costs", perform: createCost },
  getCostReport: { method: "GET", path: "/v0/costs/report", perform: getCostReport },
  getCost: { method: "GET", path: "/v0/costs/{id}", perform: getCost },
  updateCost: { method: "PATCH", path: "/v0/costs/{id}", perform: updateCost },
  deleteCost: { method: "DELETE", path: "/v0/costs/{id}", perform: deleteCost },
  getCostSummary: { method: "GET", path: "/v0/costs/{id}/summary", perform: getCostSummary },
  ingestEvent: { method: "POST", path: "/v0/events", perform: ingestEvent },
  getProfitability: { method: "GET", path: "/v0/profitability", perform: getProfitability },
  getRevenue: { method: "GET", path: "/v0/revenue", perform: getRevenue },
  getBillableMetricMeter: {
    method: "GET",
    path: "/v0/billableMetrics/{id}/meter",
    perform: getBillableMetricMeter,
  },
  listBillableMetricEvents: {
    method: "GET",
    path: "/v0/billableMetrics/{id}/events",
    perform: listBillableMetricEvents,
  },
};

/** The number that a dollar has in ISO 4217. */
const CURRENCY_NUMBER = 840;

/** A cost and its summary both say `object: "cost"`; an error says none. */
const drifted: DriftedFields = (body, drift) => {
  const isMember = drift === "unknown-member";
  const { object, unitCost } = body;
  if (object === "list" && "data" in body) return {};
  if (typeof object !== "string") return isMember ? { error: "moved_on" } : { message: 1 };
  if (object === "cost" && unitCost !== undefined) {
    return isMember ? { aggregation: "MEDIAN" } : { unitCost: new Decimal(String(unitCost)) };
  }
  if (object === "cost") return isMember ? { type: "tiered" } : { currency: CURRENCY_NUMBER };
  if (isMember) return { object: `${object}_2` };
  return object === "cost_report" ? { currency: CURRENCY_NUMBER } : { id: 1 };
};

/** Paygentic's API, as a mock answers for it. */
export const PAYGENTIC: MockApi<Operation, MockStore> = {
  basePath: "",
  routes: ROUTES,
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
