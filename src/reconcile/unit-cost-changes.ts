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
import { type Amounts, agreementOf, type Pricing } from "./comparison.ts";
import type { Candidate, Finding, Hypothesis } from "./hypothesis.ts";
import type { PredictedRow } from "./prediction.ts";
import type { Search } from "./search.ts";
import { UNIT_COST_DIGITS } from "./unit-costs.ts";
import type { UnitCostPeriod } from "./what-if.ts";

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
type Changes = Generator<Candidate, Finding | undefined, Finding | undefined>;

function* changes(search: Search, history: History, quantities: Candidate | undefined): Changes {
  const { aggregation } = search.classification.plan;
  if (!isAdditive(aggregation)) return undefined;
  if (history !== undefined) {
    const found = yield candidateOf(search, history, 1, quantities);
    if (found !== undefined) return found;
  }
  return yield* impliedChanges(search, quantities);
}

function candidateOf(
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
      };
    },
    chance: quantities?.chance ?? ((evidence) => evidence.chance(ways)),
    advice: `${quantities === undefined ? "" : `${quantities.advice} `}The server charged ${named.join(", then ")}: check when the cost's unitCost was changed, and compare with unitCostHistory.`,
  };
}

/** One change: windows before it at one unit cost, windows after it at another, and at most one window with both. */
function* impliedChanges(search: Search, quantities: Candidate | undefined): Changes {
  const { columns, plan } = search.classification;
  const { window } = plan;
  const given = search.comparer.server.windows;
  if (window === undefined || given === undefined) return undefined;
  const rows = [...given]
    .filter(([, { quantity }]) => quantity.coefficient !== 0n)
    .sort(([a], [b]) => a - b)
    .map(([start, { quantity, cost }]) => ({ start, quantity, cost }));
  const [first] = rows;
  const last = rows.at(-1);
  // Two windows must agree on each unit cost: one alone can be divided by anything.
  if (first === undefined || last === undefined || rows.length < 4) return undefined;
  const unitCostOf = ({ quantity, cost }: (typeof rows)[number]): Exact =>
    divide(cost, quantity, UNIT_COST_DIGITS);
  const isAt = ({ quantity, cost }: (typeof rows)[number], unitCost: Exact): boolean =>
    agreementOf(multiply(unitCost, quantity), cost, 0, undefined) !== "different";
  const earlier = unitCostOf(first);
  const later = unitCostOf(last);
  const before = rows.findIndex((row) => !isAt(row, earlier));
  if (before < 2 || compare(earlier, later) === 0) return undefined;
  const mixed = rows[before];
  const after = mixed !== undefined && isAt(mixed, later) ? before : before + 1;
  if (rows.length - after < 2 || mixed === undefined) return undefined;
  if (!rows.slice(after).every((row) => isAt(row, later))) return undefined;
  const changeAt = (at: number): Candidate =>
    candidateOf(
      search,
      [
        { from: plan.from, unitCost: earlier },
        { from: at, unitCost: later },
      ],
      rows.length,
      quantities,
    );
  if (after === before) return yield changeAt(mixed.start);
  const times: { readonly time: number; readonly value: Exact }[] = [];
  for (let row = 0; row < columns.length; row++) {
    const time = columns.timestamp[row] as number;
    if (time < mixed.start || time >= mixed.start + window || !search.counts(row)) continue;
    const value = search.amountOf(row);
    const count = quantities?.weight?.(row) ?? 1;
    for (let taken = 0; taken < count; taken++) times.push({ time, value });
  }
  times.sort((a, b) => a.time - b.time);
  const raise = subtract(later, earlier);
  // What the window costs when everything from an event on has the later unit cost.
  let cost = multiply(later, mixed.quantity);
  let tried = 0;
  for (const [at, { time, value }] of times.entries()) {
    const isNew = times[at - 1]?.time !== time;
    if (isNew && agreementOf(cost, mixed.cost, 0, undefined) !== "different") {
      const found = yield changeAt(time);
      if (found !== undefined || ++tried === MAX_INSTANTS) return found;
    }
    cost = subtract(cost, multiply(raise, value));
  }
  return undefined;
}
