import {
  add,
  compare,
  divide,
  type Exact,
  exactText,
  multiply,
  subtract,
  ZERO,
} from "../values/scaled-integer.ts";
import { timestampText } from "../values/timestamp.ts";
import { type Amounts, agreementOf, type Pricing, pricingBy } from "./comparison.ts";
import type { Candidate, Candidates, Hypothesis } from "./hypothesis.ts";
import type { PredictedRow } from "./prediction.ts";
import type { Search } from "./search.ts";
import type { UnitCostPeriod } from "./what-if.ts";

const exact = (coefficient: bigint, exponent = 0): Exact => ({ coefficient, exponent });

/** Significant digits that a unit cost read off the answer may have. */
const UNIT_COST_DIGITS = 12;
/** Cents for dollars, thousands for units, kibibytes for bytes, seconds for minutes, ... */
const FACTORS: readonly Exact[] = /* @__PURE__ */ (() => [
  ...[2, -2, 3, -3, 6, -6, 1, -1, 4, -4, 9, -9].map((power) => exact(1n, power)),
  exact(60n),
  exact(3_600n),
  exact(24n),
  exact(8n),
  exact(125n, -3),
  exact(1_024n),
  exact(1_048_576n),
  exact(9_765_625n, -10), // 1 / 1024
  exact(95_367_431_640_625n, -20), // 1 / 1024^2
])();
const OF = ["cost", "quantity", "both"] as const;

/** The server's amounts are ours times a constant, or another unit cost was charged. */
export const factors = (unitCosts: readonly Exact[]): Hypothesis => ({
  *candidates(search) {
    let isFound = false;
    for (const factor of FACTORS) {
      for (const of of OF)
        isFound = (yield factorCandidate(search, factor, of)) !== undefined || isFound;
    }
    // A unit cost that is a hundred times as high is the factor over again.
    if (!isFound) yield* unitCostCandidates(search, unitCosts);
  },
});

function factorCandidate(
  { own, unitCost }: Search,
  factor: Exact,
  of: (typeof OF)[number],
): Candidate {
  const text = exactText(factor);
  const what =
    of === "both" ? "quantities and costs are" : of === "cost" ? "costs are" : "quantities are";
  return {
    hypotheses: [{ id: "constant-factor", parameters: { factor: text, of } }],
    predict: () => own,
    pricing: pricingBy((quantity) => {
      const cost = multiply(unitCost, quantity);
      return {
        quantity: of === "cost" ? quantity : multiply(factor, quantity),
        cost: of === "quantity" ? cost : multiply(factor, cost),
      };
    }),
    chance: (evidence) => evidence.chance(FACTORS.length * OF.length),
    advice: `The server's ${what} ${text} times yours: compare the units of the cost with those of the events.`,
  };
}

/**
 * A unit cost that the caller names, or the one that the answer implies. The latter only where at least two rows agree
 * on it, since a total alone can be divided by anything.
 */
function* unitCostCandidates(search: Search, named: readonly Exact[]): Candidates {
  const unitCosts = [...named];
  const implied = impliedUnitCost(search);
  if (implied !== undefined && !named.some((one) => compare(one, implied) === 0)) {
    unitCosts.push(implied);
  }
  for (const unitCost of unitCosts) {
    if (compare(unitCost, search.unitCost) === 0) continue;
    const text = exactText(unitCost);
    yield {
      hypotheses: [{ id: "other-unit-cost", parameters: { unitCost: text } }],
      predict: () => search.own,
      pricing: pricingBy((quantity) => ({ quantity, cost: multiply(unitCost, quantity) })),
      chance: (evidence) => evidence.chance(unitCosts.length),
      advice: `The server charged ${text} a unit, not ${exactText(search.unitCost)}: check when the cost's unitCost was changed.`,
    };
  }
}

function impliedUnitCost({ own, comparer }: Search): Exact | undefined {
  const { totalCost, groups, windows } = comparer.server;
  const { quantity } = own.total();
  if (totalCost === null || quantity === undefined || quantity.coefficient === 0n) return undefined;
  const rows = Math.max(
    ...[groups, windows].map(
      (given) =>
        [...(given?.values() ?? [])].filter((row) => row.quantity.coefficient !== 0n).length,
    ),
  );
  if (rows < 2) return undefined;
  const implied = divide(totalCost, quantity, UNIT_COST_DIGITS);
  return implied.coefficient < 0n ? undefined : implied;
}

/** How many instants within the window of a change are tried. */
const MAX_INSTANTS = 64;

/**
 * The unit cost changed at an instant: the one of the history that the caller names, or the one that the windows show
 * by their cost and quantity. Only where quantities are added up, since an event has the unit cost of its time.
 */
export const unitCostChanges = (history: readonly UnitCostPeriod[] | undefined): Hypothesis => ({
  *candidates(search) {
    const { aggregation } = search.classification.plan;
    if (aggregation !== "SUM" && aggregation !== "COUNT") return;
    if (!search.comparer.fitsQuantities(search.own)) return;
    if (history !== undefined) {
      const found = yield candidateOf(search, history, 1);
      if (found !== undefined) return;
    }
    yield* impliedChanges(search);
  },
});

function candidateOf(search: Search, periods: readonly UnitCostPeriod[], ways: number): Candidate {
  const { columns } = search.classification;
  const named = periods.map(
    ({ from, unitCost }) => `${exactText(unitCost)} from ${timestampText(from)}`,
  );
  const [first, last] = [periods[0], periods.at(-1)];
  return {
    hypotheses: [
      {
        id: "unit-cost-changed",
        parameters: {
          at: timestampText(last?.from ?? 0),
          before: exactText(first?.unitCost ?? ZERO),
          after: exactText(last?.unitCost ?? ZERO),
        },
      },
    ],
    predict: () => search.own,
    get pricing(): Pricing {
      // What each period adds, by the events that are left when all others are taken out.
      const parts = periods.map(({ from, unitCost }, at) => {
        const to = periods[at + 1]?.from ?? Number.POSITIVE_INFINITY;
        const predicted = search.predictWeighted((row) => {
          const time = columns.timestamp[row] as number;
          return (at === 0 || time >= from) && time < to ? 1 : 0;
        });
        return { predicted, unitCost };
      });
      const sum = (quantityOf: (part: (typeof parts)[number]) => Exact | undefined): Exact =>
        parts.reduce(
          (all, part) => add(all, multiply(part.unitCost, quantityOf(part) ?? ZERO)),
          ZERO,
        );
      const shown = ({ quantity }: PredictedRow, cost: Exact): Amounts => ({ quantity, cost });
      return {
        total: ({ quantity }) => ({
          quantity,
          cost: quantity && sum(({ predicted }) => predicted.total().quantity),
        }),
        group: (key, row) =>
          shown(
            row,
            sum(({ predicted }) => predicted.groups().get(key)?.quantity),
          ),
        window: (start, row) =>
          shown(
            row,
            sum(({ predicted }) => predicted.windows().get(start)?.quantity),
          ),
      };
    },
    chance: (evidence) => evidence.chance(ways),
    advice: `The server charged ${named.join(", then ")}: check when the cost's unitCost was changed, and compare with unitCostHistory.`,
  };
}

/** One change: windows before it at one unit cost, windows after it at another, and at most one window with both. */
function* impliedChanges(search: Search): Candidates {
  const { columns, plan } = search.classification;
  const { window } = plan;
  const given = search.comparer.server.windows;
  if (window === undefined || given === undefined) return;
  const rows = [...given]
    .filter(([, { quantity }]) => quantity.coefficient !== 0n)
    .sort(([a], [b]) => a - b)
    .map(([start, { quantity, cost }]) => ({
      start,
      quantity,
      cost,
      unitCost: divide(cost, quantity, UNIT_COST_DIGITS),
    }));
  const [first] = rows;
  const last = rows.at(-1);
  // Two windows must agree on each unit cost: one alone can be divided by anything.
  if (first === undefined || last === undefined || rows.length < 4) return;
  const isAt = ({ quantity, cost }: (typeof rows)[number], unitCost: Exact): boolean =>
    agreementOf(multiply(unitCost, quantity), cost, 0, undefined) !== "different";
  const before = rows.findIndex((row) => !isAt(row, first.unitCost));
  if (before < 2 || compare(first.unitCost, last.unitCost) === 0) return;
  const mixed = rows[before];
  const after = mixed !== undefined && isAt(mixed, last.unitCost) ? before : before + 1;
  if (rows.length - after < 2 || mixed === undefined) return;
  if (!rows.slice(after).every((row) => isAt(row, last.unitCost))) return;
  const periodsAt = (at: number): UnitCostPeriod[] => [
    { from: plan.from, unitCost: first.unitCost },
    { from: at, unitCost: last.unitCost },
  ];
  if (after === before) {
    yield candidateOf(search, periodsAt(mixed.start), rows.length);
    return;
  }
  const times: { readonly time: number; readonly value: Exact }[] = [];
  for (let row = 0; row < columns.length; row++) {
    const time = columns.timestamp[row] as number;
    if (time < mixed.start || time >= mixed.start + window || !search.counts(row)) continue;
    const isCount = plan.aggregation === "COUNT";
    times.push({ time, value: isCount ? { coefficient: 1n, exponent: 0 } : columns.exactOf(row) });
  }
  times.sort((a, b) => a.time - b.time);
  const raise = subtract(last.unitCost, first.unitCost);
  // What the window costs when everything from an event on has the later unit cost.
  let cost = multiply(last.unitCost, mixed.quantity);
  let tried = 0;
  for (const [at, { time, value }] of times.entries()) {
    const isNew = times[at - 1]?.time !== time;
    if (isNew && agreementOf(cost, mixed.cost, 0, undefined) !== "different") {
      const found = yield candidateOf(search, periodsAt(time), rows.length);
      if (found !== undefined || ++tried === MAX_INSTANTS) return;
    }
    cost = subtract(cost, multiply(raise, value));
  }
}
