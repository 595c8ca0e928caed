import { isAdditive } from "../engine/accumulators.ts";
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
import { approximately, OF_TWICE } from "./accumulators.ts";
import { changeInstants } from "./change-instants.ts";
import { type Amounts, agreementOf, type Pricing, pricingBy } from "./comparison.ts";
import type { Candidate, Candidates, Finding, Hypothesis } from "./hypothesis.ts";
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
  const times = (part: "quantity" | "cost"): number =>
    of === part || of === "both" ? approximately(factor) : 1;
  const what =
    of === "both" ? "quantities and costs are" : of === "cost" ? "costs are" : "quantities are";
  return {
    hypotheses: [{ id: "constant-factor", parameters: { factor: text, of } }],
    predict: () => own,
    pricing: pricingBy(
      (quantity) => {
        const cost = multiply(unitCost, quantity);
        return {
          quantity: of === "cost" ? quantity : multiply(factor, quantity),
          cost: of === "quantity" ? cost : multiply(factor, cost),
        };
      },
      { quantity: times("quantity"), cost: times("cost") },
    ),
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
      pricing: pricingBy(
        (quantity) => ({ quantity, cost: multiply(unitCost, quantity) }),
        scaleOf(search, unitCost),
      ),
      chance: (evidence) => evidence.chance(unitCosts.length),
      advice: `The server charged ${text} a unit, not ${exactText(search.unitCost)}: check when the cost's unitCost was changed.`,
    };
  }
}

/** How many times as large as our costs those at one of some unit costs are at most. */
function scaleOf(search: Search, ...unitCosts: readonly Exact[]) {
  const cost = Math.max(...unitCosts.map(approximately)) / approximately(search.unitCost);
  return { quantity: 1, cost };
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

/** The unit costs that the caller names, by their instants. */
type History = readonly UnitCostPeriod[] | undefined;

/**
 * The unit cost changed at an instant: the one of the history that the caller names, or the one that the windows show
 * by their cost and quantity. Only where quantities are added up, since an event has the unit cost of its time.
 */
export const unitCostChanges = (history: History): Hypothesis => ({
  *candidates(search) {
    if (search.comparer.fitsQuantities(search.own)) yield* changes(search, history, undefined);
  },
});

/**
 * A hypothesis alone, and together with a unit cost that changed: where it accounts for the quantities of every row,
 * but not for their costs.
 */
export const withUnitCostChange = (hypothesis: Hypothesis, history: History): Hypothesis => ({
  *candidates(search) {
    const isPossible = !search.comparer.fitsQuantities(search.own);
    const candidates = hypothesis.candidates(search);
    for (let next = candidates.next(); next.done !== true; ) {
      const candidate = next.value;
      let found = yield candidate;
      const { weight, pricing } = candidate;
      if (isPossible && found === undefined && weight !== undefined && pricing === undefined) {
        const predicted = candidate.predict();
        if (search.comparer.fitsQuantities(predicted)) {
          found = yield* changes(search, history, candidate);
        }
      }
      next = candidates.next(found);
    }
  },
});

/** What accounts for the quantities, and how the unit cost changed. */
type Changes = Candidates<Finding | undefined>;

function* changes(search: Search, history: History, quantities: Candidate | undefined): Changes {
  const { aggregation } = search.classification.plan;
  if (!isAdditive(aggregation)) return undefined;
  if (history !== undefined) {
    const found = yield changeOf(search, history, 1, quantities);
    if (found !== undefined) return found;
  }
  return yield* impliedChanges(search, quantities);
}

function changeOf(
  search: Search,
  periods: readonly UnitCostPeriod[],
  ways: number,
  quantities: Candidate | undefined,
): Candidate {
  const { columns } = search.classification;
  const named = periods.map(
    ({ from, unitCost }) => `${exactText(unitCost)} from ${timestampText(from)}`,
  );
  const [first, last] = [periods[0], periods.at(-1)];
  return {
    hypotheses: [
      ...(quantities?.hypotheses ?? []),
      {
        id: "unit-cost-changed",
        parameters: {
          at: timestampText(last?.from ?? 0),
          before: exactText(first?.unitCost ?? ZERO),
          after: exactText(last?.unitCost ?? ZERO),
        },
      },
    ],
    predict: () => quantities?.predict() ?? search.own,
    events: quantities?.events,
    get pricing(): Pricing {
      // What each period adds, by the events that are left when all others are taken out.
      const parts = periods.map(({ from, unitCost }, at) => {
        const to = periods[at + 1]?.from ?? Number.POSITIVE_INFINITY;
        const predicted = search.predictWeighted((row) => {
          const time = columns.timestamp[row] as number;
          return (at === 0 || time >= from) && time < to ? (quantities?.weight?.(row) ?? 1) : 0;
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
        scale: scaleOf(search, ...periods.map(({ unitCost }) => unitCost)),
      };
    },
    chance: quantities?.chance ?? ((evidence) => evidence.chance(ways)),
    advice: `${quantities === undefined ? "" : `${quantities.advice} `}The server charged ${named.join(", then ")}: check when the cost's unitCost was changed, and compare with unitCostHistory.`,
  };
}

/** One change: windows before it at one unit cost, windows after it at another, and at most one window with both. */
function* impliedChanges(search: Search, quantities: Candidate | undefined): Changes {
  const { classification, comparer } = search;
  const { columns, plan } = classification;
  const given = comparer.server.windows;
  const rows = [...(given ?? [])].filter(([, { quantity }]) => quantity.coefficient !== 0n);
  const [first, second] = rows;
  const [lastButOne, last] = rows.slice(-2);
  if (first === undefined || last === undefined || rows.length < 4) return undefined;
  const unitCostOf = ([, { quantity, cost }]: typeof first): Exact =>
    divide(cost, quantity, UNIT_COST_DIGITS);
  const earlier = unitCostOf(first);
  const later = unitCostOf(last);
  const highest = Math.max(approximately(earlier), approximately(later));
  /** How far a server that adds up in doubles may miss the cost of a window. */
  const boundAt = (start: number): number =>
    OF_TWICE * highest * (search.own.windows().get(start) ?? search.own.total()).bounds.cost;
  const isAt =
    (unitCost: Exact) =>
    (start = 0): boolean => {
      const { quantity = ZERO, cost = ZERO } = given?.get(start) ?? {};
      return agreementOf(multiply(unitCost, quantity), cost, boundAt(start)) !== "different";
    };
  const [isBefore, isAfter] = [isAt(earlier), isAt(later)];
  // Two windows must agree on each unit cost: one alone can be divided by anything.
  const areTwo =
    [first, second].every((row) => isBefore(row?.[0])) &&
    [lastButOne, last].every((row) => isAfter(row?.[0]));
  if (!areTwo || compare(earlier, later) === 0) return undefined;
  const raise = subtract(earlier, later);
  const instants = changeInstants(
    rows.map(([start]) => start),
    {
      isBefore,
      isAfter,
      within: (start) => {
        const { quantity = ZERO, cost = ZERO } = given?.get(start) ?? {};
        const isIn = (row: number): boolean => search.windowOf(row) === start && search.counts(row);
        const steps = [...search.rowsWhere(isIn).rows()].flatMap((row) => {
          const step = {
            time: columns.timestamp[row] as number,
            by: multiply(raise, search.amountOf(row)),
          };
          return new Array<typeof step>(quantities?.weight?.(row) ?? 1).fill(step);
        });
        return { sum: multiply(later, quantity), target: cost, bound: boundAt(start), steps };
      },
    },
  );
  let tried = 0;
  for (const { time } of instants) {
    const periods = [
      { from: plan.from, unitCost: earlier },
      { from: time, unitCost: later },
    ];
    const found = yield changeOf(search, periods, rows.length, quantities);
    if (found !== undefined || ++tried === MAX_INSTANTS) return found;
  }
  return undefined;
}
