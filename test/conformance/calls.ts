import type { Operation, Paygentic, RequestOptions } from "metered-costs";
import type { Kontorion, KontorionOperation } from "metered-costs/kontorion";
import { ADDRESS, COST_ID, EVENT, JUNE, JUNE_REPORT, PRODUCT_ID, TOKENS } from "./samples.ts";

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

/** One call of each operation of Kontorion that a mock with a cost of a product answers with success. */
export const KONTORION_CALLS: Readonly<
  Record<KontorionOperation, (client: Kontorion, options?: RequestOptions) => Promise<unknown>>
> = {
  listCosts: ({ costs }, options) => costs.list({}, options),
  createCost: ({ costs }, options) => costs.create({ key: "second" }, options),
  listProductCosts: ({ costs }, options) => costs.list({ productId: PRODUCT_ID }, options),
  createProductCost: ({ costs }, options) =>
    costs.create({ key: "second", productId: PRODUCT_ID }, options),
  getCost: ({ costs }, options) => costs.get(ADDRESS, options),
  updateCost: ({ costs }, options) => costs.update(ADDRESS, { description: "Changed" }, options),
  copyCost: ({ costs }, options) => costs.copy(ADDRESS, options),
  listCostVersions: ({ costs }, options) => costs.versions(COST_ID, {}, options),
};
