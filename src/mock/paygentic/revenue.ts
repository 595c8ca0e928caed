/** What customers paid and what they cost: the mock's answers beside costs that are about money. */
import { refuseInput } from "../../schemas/input.ts";
import { Decimal } from "../../values/decimal.ts";
import { DAY, HOUR } from "../../values/timestamp.ts";
import { NOT_VALID, operation } from "../requests.ts";
import { profitabilityQuery, revenueQuery } from "./requests.ts";
import type { MockStore, StoredCost, StoredRevenue } from "./store.ts";
import { compute } from "./usage.ts";

const ZERO = new Decimal(0);
const BUCKETS = { hour: HOUR, day: DAY, week: 7 * DAY } as const;
const DEFAULT_TOP = 10;
const MAX_BUCKETS = 100_000;

/** The contract's amounts here: decimal text with two decimals, rounded half even. */
const rounded = (amount: Decimal): Decimal => amount.toDecimalPlaces(2, Decimal.ROUND_HALF_EVEN);
const amountText = (amount: Decimal): string => rounded(amount).toFixed(2);
const sumOf = (entries: readonly StoredRevenue[]): Decimal =>
  entries.reduce((sum, { amount }) => sum.plus(amount), ZERO);
/** A number of entries and their amount. */
const totalOf = (entries: readonly StoredRevenue[]) => ({
  count: entries.length,
  amount: amountText(sumOf(entries)),
});
const within =
  (from: Date, to: Date) =>
  ({ timestamp }: StoredRevenue): boolean =>
    timestamp >= from && timestamp < to;
const isPaid = ({ status }: StoredRevenue): boolean => status === "paid";

/** The amounts of each bucket of a range, ascending, empty ones too. */
function bucketsOf(
  entries: readonly StoredRevenue[],
  { from, to, length }: { from: Date; to: Date; length: number },
): { readonly start: Date; readonly entries: readonly StoredRevenue[] }[] {
  if ((to.getTime() - from.getTime()) / length > MAX_BUCKETS) {
    refuseInput(NOT_VALID, ["bucketWidth"], `expected at most ${MAX_BUCKETS} buckets`);
  }
  const buckets = [];
  for (let start = from.getTime(); start < to.getTime(); start += length) {
    const end = new Date(Math.min(start + length, to.getTime()));
    buckets.push({ start: new Date(start), entries: entries.filter(within(new Date(start), end)) });
  }
  return buckets;
}

/** What a customer cost, over all costs of a merchant in one currency; a cost without a total adds nothing. */
function costOf(
  store: MockStore,
  costs: readonly StoredCost[],
  query: { from: Date; to: Date; subject: string },
): Decimal {
  return costs.reduce((sum, cost) => {
    return sum.plus(compute(cost, store.events, query).totalCost ?? ZERO);
  }, ZERO);
}

interface Profit {
  readonly customerId: string;
  readonly customerName: string;
  readonly revenue: Decimal;
  readonly cost: Decimal;
  readonly entries: readonly StoredRevenue[];
}

/** Of the amounts as they are answered, so that they add up. */
const profitOf = ({ revenue, cost }: Profit): Decimal => rounded(revenue).minus(rounded(cost));

/** `getProfitability`: the customers are those with revenue; costs of other subjects are left out. */
export const getProfitability = operation(
  { query: profitabilityQuery },
  (store: MockStore, { query }) => {
    const { from, to, merchantId, topN = DEFAULT_TOP, bucketWidth } = query;
    const { currency = store.revenue[0]?.currency ?? "USD" } = query;
    const entries = store.revenue.filter((entry) => entry.currency === currency);
    const costs = store.activeCosts.filter(
      (cost) => cost.merchantId === merchantId && cost.currency === currency,
    );
    const customers = new Map(entries.map((entry) => [entry.customerId, entry]));
    const profits = [...customers.values()].map(
      ({ customerId, customerName = customerId }): Profit => {
        const own = entries
          .filter((entry) => entry.customerId === customerId)
          .filter(within(from, to));
        const cost = costOf(store, costs, { from, to, subject: customerId });
        return { customerId, customerName, revenue: sumOf(own), cost, entries: own };
      },
    );
    profits.sort((a, b) => profitOf(b).comparedTo(profitOf(a)));
    const others = profits.slice(topN);
    const other: Profit = {
      customerId: "other",
      customerName: "Other customers",
      revenue: others.reduce((sum, { revenue }) => sum.plus(revenue), ZERO),
      cost: others.reduce((sum, { cost }) => sum.plus(cost), ZERO),
      entries: others.flatMap((each) => each.entries),
    };
    const trendOf = (own: readonly StoredRevenue[]) => {
      if (bucketWidth === undefined) return null;
      const sums = bucketsOf(own, { from, to, length: BUCKETS[bucketWidth] }).map((bucket) =>
        sumOf(bucket.entries),
      );
      return { values: sums.map(amountText), periodChange: null };
    };
    const rows = [...profits.slice(0, topN), ...(others.length > 0 ? [other] : [])].map((row) => ({
      customerId: row.customerId,
      customerName: row.customerName,
      netRevenue: amountText(row.revenue),
      totalCost: amountText(row.cost),
      profit: amountText(profitOf(row)),
      marginPct: row.revenue.isZero()
        ? null
        : amountText(profitOf(row).times(100).div(row.revenue)),
      trend: trendOf(row.entries),
    }));
    return { status: 200, body: { object: "profitability_summary", currency, rows } };
  },
);

/** `getRevenue`: every entry is an invoice; the paid ones are the net revenue. */
export const getRevenue = operation({ query: revenueQuery }, (store: MockStore, { query }) => {
  const { startTime, endTime, customerId, subscriptionIds, currency, groupBy } = query;
  const { bucketWidth = "day" } = query;
  const entries = store.revenue
    .filter(within(startTime, endTime))
    .filter((entry) => customerId === undefined || entry.customerId === customerId)
    .filter((entry) => currency === undefined || entry.currency === currency)
    // No entry belongs to a subscription.
    .filter(() => subscriptionIds === undefined);
  const invoicesOf = (own: readonly StoredRevenue[]) => ({
    issued: totalOf(own),
    outstanding: totalOf(own.filter((entry) => !isPaid(entry))),
    paid: totalOf(own.filter(isPaid)),
  });
  const amountsOf = (own: readonly StoredRevenue[]) => ({
    netRevenue: amountText(sumOf(own.filter(isPaid))),
    invoices: invoicesOf(own),
  });
  const object = "revenue_summary";
  if (groupBy === "currency") {
    const currencyBreakdown = [...new Set(entries.map((entry) => entry.currency))].map((each) => ({
      currency: each,
      ...amountsOf(entries.filter((entry) => entry.currency === each)),
    }));
    return { status: 200, body: { object, currencyBreakdown } };
  }
  const range = { from: startTime, to: endTime, length: BUCKETS[bucketWidth] };
  const trend = bucketsOf(entries, range).map((bucket) => ({
    timestamp: bucket.start.toISOString(),
    issuedInvoices: amountText(sumOf(bucket.entries)),
  }));
  const groupBreakdown = [...new Set(entries.map((entry) => entry.customerId))].map((key) => {
    const own = entries.filter((entry) => entry.customerId === key);
    const { outstanding, paid } = invoicesOf(own);
    return { groupKey: key, groupLabel: own[0]?.customerName ?? key, outstanding, paid };
  });
  return {
    status: 200,
    body: {
      object,
      ...amountsOf(entries),
      totalRefunds: amountText(ZERO),
      refundCount: 0,
      trend,
      ...(groupBy === "customer" && { groupBreakdown }),
    },
  };
});
