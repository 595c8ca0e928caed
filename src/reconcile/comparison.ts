import type { Plan } from "../engine/plan.ts";
import { type Decimal, decimalOf } from "../values/decimal.ts";
import {
  compare,
  type Exact,
  exactOfNumber,
  exactText,
  multiply,
  parseExact,
  subtract,
  ZERO,
} from "../values/scaled-integer.ts";
import { approximately, type DoubleBounds, NO_LOSS } from "./accumulators.ts";
import { valuesOfGroup } from "./classification.ts";
import type { Predicted, PredictedRow, PredictedTotal } from "./prediction.ts";
import type { AmountDiff, Diff, Verdict } from "./result.ts";
import type { ServerAnswer, ServerRow } from "./server-summary.ts";

/** How near the server's amount is to ours; null stands for an amount that is not there. */
export type Agreement = "equal" | "as-double" | "within" | "different";

export const negated = ({ coefficient, exponent }: Exact): Exact => ({
  coefficient: -coefficient,
  exponent,
});

const isEqual = (a: Exact, b: Exact): boolean =>
  a.exponent === b.exponent ? a.coefficient === b.coefficient : compare(a, b) === 0;

/** Whether `server` is the text of the double nearest to `own`: the shortest one, or one of 17 digits. */
function isItsDouble(own: Exact, server: Exact): boolean {
  // Most numbers are far apart: seen in doubles, which is quick.
  const near = approximately(own);
  if (Math.abs(near - approximately(server)) > 4 * Number.EPSILON * Math.abs(near)) return false;
  const double = Number(exactText(own));
  if (!Number.isFinite(double)) return false;
  if (isEqual(exactOfNumber(double), server)) return true;
  const long = parseExact(double.toPrecision(17));
  return typeof long !== "string" && isEqual(long, server);
}

/**
 * Compares two amounts. `bound` is how far doubles may be off, `tolerance` how far the caller lets the server be off.
 */
export function agreementOf(
  own: Exact | undefined,
  server: Exact | null,
  bound = 0,
  tolerance?: Exact,
): Agreement {
  if (own === undefined || server === null) {
    return own === undefined && server === null ? "equal" : "different";
  }
  if (isEqual(own, server)) return "equal";
  if (isItsDouble(own, server)) return "as-double";
  const off = subtract(server, own);
  const distance = off.coefficient < 0n ? negated(off) : off;
  // No double holds a sum whose bound is infinite: a server that has one does not add up in doubles.
  if (bound > 0 && bound < Infinity && approximately(distance) <= bound) return "within";
  return tolerance !== undefined && compare(distance, tolerance) <= 0 ? "within" : "different";
}

/** From the closest on. */
export const AGREEMENTS: readonly Agreement[] = ["equal", "as-double", "within", "different"];

/** The less close of two. */
export function worse(a: Agreement, b: Agreement): Agreement {
  return AGREEMENTS.indexOf(a) >= AGREEMENTS.indexOf(b) ? a : b;
}

/** The agreement of all cells together. */
export function worstOf(cells: readonly Cell[]): Agreement {
  return cells.reduce<Agreement>((worst, cell) => worse(worst, cell.agreement), "equal");
}

/** The quantity and the cost of a cell; undefined where there is none. */
export interface Amounts {
  readonly quantity: Exact | undefined;
  readonly cost: Exact | undefined;
}

/** How a quantity becomes the amounts of an answer. */
export interface Pricing {
  total(total: PredictedTotal): Amounts;
  group(key: string, row: PredictedRow): Amounts;
  window(start: number, row: PredictedRow): Amounts;
  /** How many times as large as by the library's own its amounts are, and what doubles may miss of them; else 1. */
  readonly scale?: Readonly<Record<"quantity" | "cost", number>> | undefined;
}

/** The same for every cell. */
export function pricingBy(
  amountsOf: (quantity: Exact) => Amounts,
  scale?: Pricing["scale"],
): Pricing {
  const ofRow = (_: unknown, { quantity }: PredictedRow): Amounts => amountsOf(quantity);
  return {
    total: ({ quantity }) =>
      quantity === undefined ? { quantity, cost: undefined } : amountsOf(quantity),
    group: ofRow,
    window: ofRow,
    scale,
  };
}

/** The library's own: the unit cost times the quantity, not rounded. */
export function exactPricing(unitCost: Exact): Pricing {
  return pricingBy((quantity) => ({ quantity, cost: multiply(unitCost, quantity) }));
}

const scaled = (bounds: DoubleBounds, { scale }: Pricing): DoubleBounds =>
  scale === undefined
    ? bounds
    : { quantity: bounds.quantity * scale.quantity, cost: bounds.cost * scale.cost };

/** What the caller lets the server be off. */
export interface Tolerance {
  readonly quantity?: Exact | undefined;
  readonly cost?: Exact | undefined;
}

/** The total, a group or a window on both sides. */
export interface Cell {
  readonly place: "total" | "group" | "window";
  /** Of a group: its key; of a window: its start. */
  readonly at: string | number;
  /** Undefined where our side has no such row. */
  readonly own: Amounts | undefined;
  /** Undefined where the server has no such row. */
  readonly server:
    | { readonly quantity: Exact | null | undefined; readonly cost: Exact | null }
    | undefined;
  readonly agreement: Agreement;
}

/** Server less local of a cell, nearly; what a side lacks is 0. */
export function differenceIn({ own, server }: Cell, part: "quantity" | "cost"): number {
  return approximately(subtract(server?.[part] ?? ZERO, own?.[part] ?? ZERO));
}

/** Compares what is predicted with the server's answer. */
export class Comparer {
  readonly server: ServerAnswer;
  readonly #tolerance: Tolerance;
  readonly #unitCost: number;
  readonly #isWholeUnitCost: boolean;

  constructor(server: ServerAnswer, unitCost: Exact, tolerance: Tolerance) {
    this.server = server;
    this.#tolerance = tolerance;
    this.#unitCost = approximately(unitCost);
    this.#isWholeUnitCost = Number.isSafeInteger(Number(exactText(unitCost)));
  }

  /** How many totals, groups and windows the server gave; the totals are one. */
  get cellCount(): number {
    return 1 + (this.server.groups?.size ?? 0) + (this.server.windows?.size ?? 0);
  }

  /** The cells of both sides, each once: the total, the groups, the windows. */
  *cells(predicted: Predicted, pricing: Pricing): Generator<Cell, void, undefined> {
    const { groups, windows, totalQuantity, totalCost } = this.server;
    const total = predicted.total();
    const own = pricing.total(total);
    const server = { quantity: totalQuantity, cost: totalCost };
    yield {
      place: "total",
      at: "",
      own,
      server,
      agreement: this.#agreement(own, server, scaled(total.bounds, pricing)),
    };
    if (groups !== undefined) {
      yield* this.#rows("group", predicted.groups(), groups, pricing, (key, row) =>
        pricing.group(key, row),
      );
    }
    if (windows !== undefined) {
      yield* this.#rows("window", predicted.windows(), windows, pricing, (start, row) =>
        pricing.window(start, row),
      );
    }
  }

  /** How close all cells are, and how many are met as exactly as was sent; undefined when one differs. */
  fit(
    predicted: Predicted,
    pricing: Pricing,
  ): { readonly agreement: Agreement; readonly met: number } | undefined {
    const { groups, windows } = this.server;
    // Most candidates have other rows: seen before any is compared.
    if (groups !== undefined && groups.size !== predicted.groups().size) return undefined;
    if (windows !== undefined && windows.size !== predicted.windows().size) return undefined;
    let agreement: Agreement = "equal";
    let met = 0;
    for (const cell of this.cells(predicted, pricing)) {
      if (cell.agreement === "different") return undefined;
      if (cell.agreement !== "within") met++;
      agreement = worse(agreement, cell.agreement);
    }
    return { agreement, met };
  }

  /** Whether all quantities fit, whatever the costs, and perhaps whatever the groups. */
  fitsQuantities(predicted: Predicted, areGroupsCompared = true): boolean {
    const { totalCost, windows, groups } = this.server;
    const total = predicted.total();
    return (
      (totalCost === null) === (total.quantity === undefined) &&
      this.fitsTotalQuantity(total) &&
      (windows === undefined || this.#fitsRows(predicted.windows(), windows)) &&
      (groups === undefined || !areGroupsCompared || this.#fitsRows(predicted.groups(), groups))
    );
  }

  #fitsRows<Key>(
    rows: ReadonlyMap<Key, PredictedRow>,
    given: ReadonlyMap<Key, ServerRow>,
  ): boolean {
    if (rows.size !== given.size) return false;
    for (const [key, row] of rows) {
      if (!this.#isClose(row, given.get(key)?.quantity ?? null)) return false;
    }
    return true;
  }

  /** Whether the total fits, as far as it was given: looked at first, as it is cheap. */
  fitsTotalQuantity(total: PredictedTotal): boolean {
    const { totalQuantity } = this.server;
    return totalQuantity === undefined || this.#isClose(total, totalQuantity);
  }

  #isClose({ quantity, bounds }: PredictedTotal, server: Exact | null): boolean {
    const tolerance = this.#tolerance.quantity;
    return agreementOf(quantity, server, bounds.quantity, tolerance) !== "different";
  }

  *#rows<Key extends string | number>(
    place: "group" | "window",
    predicted: ReadonlyMap<Key, PredictedRow>,
    given: ReadonlyMap<Key, ServerRow>,
    pricing: Pricing,
    amountsOf: (key: Key, row: PredictedRow) => Amounts,
  ): Generator<Cell, void, undefined> {
    for (const [at, row] of predicted) {
      const own = amountsOf(at, row);
      const server = given.get(at);
      const agreement =
        server === undefined
          ? "different"
          : this.#agreement(own, server, scaled(row.bounds, pricing));
      yield { place, at, own, server, agreement };
    }
    for (const [at, server] of given) {
      if (predicted.has(at)) continue;
      yield { place, at, own: undefined, server, agreement: "different" };
    }
  }

  #agreement(
    own: Amounts,
    server: { readonly quantity: Exact | null | undefined; readonly cost: Exact | null },
    bounds: DoubleBounds = NO_LOSS,
  ): Agreement {
    const quantity =
      server.quantity === undefined
        ? "equal"
        : agreementOf(own.quantity, server.quantity, bounds.quantity, this.#tolerance.quantity);
    const isExact = this.#isWholeUnitCost && bounds.quantity === 0;
    const costBound = isExact ? 0 : bounds.cost * this.#unitCost;
    return worse(quantity, agreementOf(own.cost, server.cost, costBound, this.#tolerance.cost));
  }
}

export const decimalOrNull = (value: Exact | null | undefined): Decimal | null =>
  value === undefined || value === null ? null : decimalOf(value);

function amountDiff(
  place: Cell["place"],
  local: Exact | undefined,
  server: Exact | null | undefined,
): AmountDiff {
  const differenceOf = (): Exact | undefined => {
    if (local !== undefined && server !== undefined && server !== null) {
      return subtract(server, local);
    }
    if (place === "total") return undefined;
    return local === undefined ? (server ?? undefined) : negated(local);
  };
  return {
    local: decimalOrNull(local),
    server: decimalOrNull(server),
    difference: decimalOrNull(differenceOf()),
  };
}

/** The dimensions' values of a group's cell. */
const valuesOf = ({ at }: Cell): readonly string[] => valuesOfGroup(String(at));

/** A cell as a difference. */
export function diffOf(cell: Cell, { groupBy }: Plan): Diff {
  const { place, at, own, server } = cell;
  const values = place === "group" ? valuesOf(cell) : [];
  return {
    ...(place === "group" && {
      dimensions: Object.fromEntries(
        (groupBy ?? []).map(({ name }, position) => [name, values[position] ?? ""]),
      ),
    }),
    ...(place === "window" && { windowStart: new Date(Number(at)) }),
    side: own === undefined ? "server" : server === undefined ? "local" : "both",
    quantity: amountDiff(place, own?.quantity, server?.quantity),
    cost: amountDiff(place, own?.cost, server?.cost),
  };
}

/** In the order of a summary's rows, both of one place: groups by their values, by UTF-16 code unit; windows ascending. */
export function compareCells(a: Cell, b: Cell): number {
  if (a.place !== "group") return Number(a.at) - Number(b.at);
  const others = valuesOf(b);
  for (const [position, value] of valuesOf(a).entries()) {
    const other = others[position] ?? "";
    if (value !== other) return value < other ? -1 : 1;
  }
  return 0;
}

/** The verdict on cells alone: whatever explains a difference is not looked at yet. */
export function verdictOf(cells: readonly Cell[]): Exclude<Verdict, "explained" | "coincidence"> {
  const isUnavailable = cells.some(
    ({ own, server }) =>
      own !== undefined &&
      server !== undefined &&
      ((server.cost === null && own.cost !== undefined) ||
        (server.quantity === null && own.quantity !== undefined)),
  );
  if (isUnavailable) return "unavailable";
  const VERDICTS = {
    equal: "equal",
    "as-double": "equal-as-double",
    within: "within-tolerance",
    different: "different",
  } as const;
  return VERDICTS[worstOf(cells)];
}
