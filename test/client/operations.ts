import type { Operation, Paygentic, RequestOptions } from "metered-costs";
import {
  COST,
  CREATE,
  EVENT,
  JUNE,
  JUNE_REPORT,
  METER,
  PAGE,
  PROFITABILITY,
  RECEIPT,
  REPORT,
  REVENUE,
  STORED_EVENTS,
  SUMMARY,
} from "./samples.ts";
import { type Answer, empty, json } from "./scripted-server.ts";

/** One operation of the contract: how it is called, and how it is answered when all is well. */
export interface OperationCase {
  readonly operation: Operation;
  /** The method as messages name it. */
  readonly method: string;
  readonly success: Answer;
  /** The status of `success`. */
  readonly status: number;
  readonly call: (client: Paygentic, options?: RequestOptions) => Promise<unknown>;
}

export const OPERATIONS: readonly OperationCase[] = [
  {
    operation: "createCost",
    method: "costs.create",
    success: json(COST, 201),
    status: 201,
    call: ({ costs }, options) => costs.create(CREATE, options),
  },
  {
    operation: "listCosts",
    method: "costs.list",
    success: json(PAGE),
    status: 200,
    call: ({ costs }, options) => costs.list({}, options),
  },
  {
    operation: "getCost",
    method: "costs.get",
    success: json(COST),
    status: 200,
    call: ({ costs }, options) => costs.get("cst_1", options),
  },
  {
    operation: "updateCost",
    method: "costs.update",
    success: json(COST),
    status: 200,
    call: ({ costs }, options) => costs.update("cst_1", { name: "Input tokens" }, options),
  },
  {
    operation: "deleteCost",
    method: "costs.delete",
    success: empty(204),
    status: 204,
    call: ({ costs }, options) => costs.delete("cst_1", options),
  },
  {
    operation: "getCostSummary",
    method: "costs.summary",
    success: json(SUMMARY),
    status: 200,
    call: ({ costs }, options) => costs.summary("cst_1", JUNE, options),
  },
  {
    operation: "getCostReport",
    method: "costs.report",
    success: json(REPORT),
    status: 200,
    call: ({ costs }, options) => costs.report(JUNE_REPORT, options),
  },
  {
    operation: "ingestEvent",
    method: "events.ingest",
    success: json(RECEIPT, 202),
    status: 202,
    call: ({ events }, options) => events.ingest(EVENT, options),
  },
  {
    operation: "getProfitability",
    method: "profitability.get",
    success: json(PROFITABILITY),
    status: 200,
    call: ({ profitability }, options) =>
      profitability.get({ ...JUNE, merchantId: "org_1" }, options),
  },
  {
    operation: "getRevenue",
    method: "revenue.get",
    success: json(REVENUE),
    status: 200,
    call: ({ revenue }, options) =>
      revenue.get(
        { startTime: JUNE.from, endTime: "2026-06-04T00:00:00Z", merchantId: "org_1" },
        options,
      ),
  },
  {
    operation: "getBillableMetricMeter",
    method: "billableMetrics.meter",
    success: json(METER),
    status: 200,
    call: ({ billableMetrics }, options) => billableMetrics.meter("bm_1", JUNE, options),
  },
  {
    operation: "listBillableMetricEvents",
    method: "billableMetrics.listEvents",
    success: json(STORED_EVENTS),
    status: 200,
    call: ({ billableMetrics }, options) => billableMetrics.listEvents("bm_1", JUNE, options),
  },
];
