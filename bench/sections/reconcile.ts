/** A million events as objects, compared with a server's answer by group and minute: what trying everything costs. */
import {
  type CostSummary,
  type Decimal,
  reconcile,
  type ServerSummary,
  summarizeCost,
} from "metered-costs/summary";
import { EVENT_TYPE, FROM, TO, TOTAL, UNIT_COST } from "../question.ts";
import { type Contestant, type Section, size, type Workload } from "../section.ts";
import { parsedEvents } from "../usage.ts";

const cost = {
  unitCost: UNIT_COST,
  aggregation: "SUM",
  eventType: EVENT_TYPE,
  valueProperty: "$.tokens",
  groupBy: { model: "$.model", region: "$.region" },
  // So that every hypothesis has something to say.
  merchantId: "org_1",
  createdAt: new Date(FROM + 3_600_000),
};
const query = {
  from: new Date(FROM + 1),
  to: new Date(TO - 1),
  groupBy: ["model", "region"],
  window: "MINUTE",
} as const;

interface Amounts {
  readonly quantity: Decimal;
  readonly cost: Decimal;
}

/** One window raised and another lowered: all quantities are looked at, and nothing explains them. */
function withOtherQuantities(local: CostSummary): ServerSummary {
  const by = (row: Amounts, units: number): Amounts => ({
    quantity: row.quantity.plus(units),
    cost: row.cost.plus(local.unitCost?.times(units) ?? 0),
  });
  const timeSeries = local.timeSeries?.map((row, at) => ({
    ...row,
    ...by(row, at === 10 ? 3 : at === 20 ? -3 : 0),
  }));
  return { ...local, timeSeries };
}

/** A total cost that is a little off: every rounding is tried, that of each event too, and nothing explains it. */
function withOtherCost(local: CostSummary): ServerSummary {
  return { ...local, totalCost: local.totalCost?.plus("0.0012345") ?? null };
}

async function contestants(workload: Workload, deduplicate: boolean): Promise<Contestant[]> {
  const events = parsedEvents(size(1_000_000, workload));
  const options = { deduplicate };
  const local = summarizeCost(cost, events, query, options);
  const expected = new Map([[TOTAL, [`${local.totalQuantity}`, `${local.totalCost}`] as const]]);
  const rowsOf = (quantity: unknown, amount: unknown) => [[TOTAL, quantity, amount] as const];
  const reconciled = (name: string, server: ServerSummary, verdict: string): Contestant => ({
    name,
    isOurs: true,
    expected,
    prepare: async () => () => {
      const result = reconcile({ cost, events, query, server }, options);
      if (result.verdict !== verdict) throw new Error(`${name}: the verdict is ${result.verdict}`);
      return { rows: rowsOf(result.total.quantity.local, result.total.cost.local) };
    },
  });
  return [
    {
      name: "summarizeCost",
      isOurs: true,
      expected,
      prepare: async () => () => {
        const { totalQuantity, totalCost } = summarizeCost(cost, events, query, options);
        return { rows: rowsOf(totalQuantity, totalCost) };
      },
    },
    reconciled("reconcile, equal", local, "equal"),
    reconciled("reconcile, other quantities", withOtherQuantities(local), "different"),
    reconciled("reconcile, another cost", withOtherCost(local), "different"),
  ];
}

/** All hypotheses together cost at most 12 plain summaries. */
const limits = ["reconcile, other quantities", "reconcile, another cost"].map((of) => ({
  of,
  against: "summarizeCost",
  atMostOfTime: 12,
}));

export const reconcileSections: readonly Section[] = [
  {
    name: "reconcile",
    title: "1 M objects against a server's answer by group and minute, deduplication off",
    rounds: 3,
    limits,
    contestants: (workload) => contestants(workload, false),
  },
  {
    name: "reconcile-deduplicated",
    title: "1 M objects against a server's answer by group and minute, deduplication on",
    rounds: 3,
    limits,
    contestants: (workload) => contestants(workload, true),
  },
];
