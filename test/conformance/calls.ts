import type { Operation, Paygentic, RequestOptions } from "metered-costs";
import { EVENT, JUNE, JUNE_REPORT, TOKENS } from "./samples.ts";

/** One call of each operation that a mock with the cost `cst_1` answers with success. */
export const CALLS: Readonly<
  Record<Operation, (client: Paygentic, options?: RequestOptions) => Promise<unknown>>
> = {
  createCost: ({ costs }, options) => costs.create({ ...TOKENS, name: "Second" }, options),
  listCosts: ({ costs }, options) => costs.list({}, options),
  getCost: ({ costs }, options) => costs.get("cst_1", options),
  updateCost: ({ costs }, options) => costs.update("cst_1", { name: "Renamed" }, options),
  deleteCost: ({ costs }, options) => costs.delete("cst_1", options),
  getCostSummary: ({ costs }, options) => costs.summary("cst_1", JUNE, options),
  getCostReport: ({ costs }, options) => costs.report(JUNE_REPORT, options),
  ingestEvent: ({ events }, options) => events.ingest(EVENT, options),
  getProfitability: ({ profitability }, options) =>
    profitability.get({ ...JUNE, merchantId: "org_mock" }, options),
  getRevenue: ({ revenue }, options) =>
    revenue.get({ startTime: JUNE.from, endTime: JUNE.to, merchantId: "org_mock" }, options),
  getBillableMetricMeter: ({ billableMetrics }, options) =>
    billableMetrics.meter("bm_1", JUNE, options),
  listBillableMetricEvents: ({ billableMetrics }, options) =>
    billableMetrics.listEvents("bm_1", JUNE, options),
};

export const OPERATIONS = Object.keys(CALLS) as readonly Operation[];
