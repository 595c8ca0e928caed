import { type Cost, Decimal, type Paygentic } from "metered-costs";
import { sum } from "./amounts.ts";

/** What one model came to, all costs together. */
export interface ModelCosts {
  readonly model: string;
  readonly cost: Decimal;
  /** In the time of the same length before. */
  readonly costBefore: Decimal;
  /** By the id of what is metered. */
  readonly quantities: ReadonlyMap<string, Decimal>;
  readonly costs: ReadonlyMap<string, Decimal>;
  /** By the day's start. */
  readonly days: ReadonlyMap<number, Decimal>;
}

/** What one customer came to. */
export interface CustomerCosts {
  readonly customer: string;
  readonly cost: Decimal;
}

/** All that the dashboard shows of a month. */
export interface MonthCosts {
  readonly currency: string;
  readonly total: Decimal;
  readonly totalBefore: Decimal;
  /** The starts of all days of the month, UTC. */
  readonly days: readonly number[];
  readonly costs: readonly Cost[];
  /** Highest cost first. */
  readonly models: readonly ModelCosts[];
  /** All customers, whoever is looked at; highest cost first. */
  readonly customers: readonly CustomerCosts[];
}

const DAY = 86_400_000;
const ZERO = new Decimal(0);

/** `[from, to)` of a month such as `2026-06`, UTC. */
function rangeOf(month: string): { readonly from: Date; readonly to: Date } {
  const [year = 0, number = 0] = month.split("-").map(Number);
  return { from: new Date(Date.UTC(year, number - 1)), to: new Date(Date.UTC(year, number)) };
}

function add<K>(amounts: Map<K, Decimal>, key: K, amount: Decimal): void {
  amounts.set(key, (amounts.get(key) ?? ZERO).plus(amount));
}

interface MutableModel {
  readonly model: string;
  cost: Decimal;
  costBefore: Decimal;
  readonly quantities: Map<string, Decimal>;
  readonly costs: Map<string, Decimal>;
  readonly days: Map<number, Decimal>;
}

const newModel = (model: string): MutableModel => ({
  model,
  cost: ZERO,
  costBefore: ZERO,
  quantities: new Map(),
  costs: new Map(),
  days: new Map(),
});

/** Reads a month: one report for each cost, by model and day, and one for all of them, by customer. */
export async function readMonth(
  { costs }: Paygentic,
  month: string,
  customer: string | undefined,
  signal: AbortSignal,
): Promise<MonthCosts> {
  const range = rangeOf(month);
  const metered: Cost[] = [];
  for await (const cost of costs.listAll({}, { signal })) metered.push(cost);
  const currency = metered[0]?.currency ?? "USD";
  const known = metered.filter((cost) => cost.currency === currency);

  const [byCustomer, ...byModel] = await Promise.all([
    costs.report({ ...range, currency, groupBy: "customer", topN: 25 }, { signal }),
    ...known.map(({ id }) =>
      costs.report(
        {
          ...range,
          costId: id,
          groupBy: "model",
          topN: 25,
          windowSize: "DAY",
          comparePriorPeriod: true,
          subject: customer,
        },
        { signal },
      ),
    ),
  ]);

  const models = new Map<string, MutableModel>();
  for (const [index, report] of byModel.entries()) {
    const id = known[index]?.id ?? "";
    for (const { key, totalCost, totalQuantity, priorPeriod } of report.groups) {
      const model = models.get(key) ?? newModel(key);
      models.set(key, model);
      model.cost = model.cost.plus(totalCost);
      model.costBefore = model.costBefore.plus(priorPeriod?.cost ?? ZERO);
      add(model.costs, id, totalCost);
      add(model.quantities, id, totalQuantity);
      for (const { windowStart, groups } of report.timeSeries) {
        const cost = groups[key];
        if (cost !== undefined) add(model.days, windowStart.getTime(), cost);
      }
    }
  }

  const { from, to } = range;
  return {
    currency,
    total: sum(byModel.map(({ totalCost }) => totalCost)),
    totalBefore: sum([...models.values()].map(({ costBefore }) => costBefore)),
    days: Array.from({ length: (+to - +from) / DAY }, (_, index) => +from + index * DAY),
    costs: known,
    models: [...models.values()]
      .filter(({ cost, costBefore }) => !cost.isZero() || !costBefore.isZero())
      .sort((a, b) => b.cost.comparedTo(a.cost)),
    customers: byCustomer.groups.map(({ key, totalCost }) => ({ customer: key, cost: totalCost })),
  };
}
