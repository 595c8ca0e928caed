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
  readonly success: Answer;
  /** The status of `success`. */
  readonly status: number;
  readonly call: (client: Paygentic, options?: RequestOptions) => Promise<unknown>;
}

export const OPERATIONS: readonly OperationCase[] = [
  {
    operation: "createCost",
    success: json(COST, 201),
    status: 201,
    call: ({ costs }, options) => costs.create(CREATE, options),
  },
  {
    operation: "listCosts",
    success: json(PAGE),
    status: 200,
    call: ({ costs }, options) => costs.list({}, options),
  },
  {
    operation: "getCost",
    success: json(COST),
    status: 200,
    call: ({ costs }, options) => costs.get("cst_1", options),
  },
  {
    operation: "updateCost",
    success: json(COST),
    status: 200,
    call: ({ costs }, options) => costs.update("cst_1", { name: "Input tokens" }, options),
  },
  {
    operation: "deleteCost",
    success: empty(204),
    status: 204,
    call: ({ costs }, options) => costs.delete("cst_1", options),
  },
  {
    operation: "getCostSummary",
    success: json(SUMMARY),
    status: 200,
    call: ({ costs }, options) => costs.summary("cst_1", JUNE, options),
  },
  {
    operation: "getCostReport",
    success: json(REPORT),
    status: 200,
    call: ({ costs }, options) => costs.report(JUNE_REPORT, options),
  },
  {
    operation: "ingestEvent",
    success: json(RECEIPT, 202),
    status: 202,
    call: ({ events }, options) => events.ingest(EVENT, options),
  },
  {
    operation: "getProfitability",
    success: json(PROFITABILITY),
    status: 200,
    call: ({ profitability }, options) =>
      profitability.get({ ...JUNE, merchantId: "org_1" }, options),
  },
  {
    operation: "getRevenue",
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
    success: json(METER),
    status: 200,
    call: ({ billableMetrics }, options) => billableMetrics.meter("bm_1", JUNE, options),
  },
  {
    operation: "listBillableMetricEvents",
    success: json(STORED_EVENTS),
    status: 200,
    call: ({ billableMetrics }, options) => billableMetrics.listEvents("bm_1", JUNE, options),
  },
];
