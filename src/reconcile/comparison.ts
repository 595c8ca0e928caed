import { type Exact, exactText, multiply } from "../values/scaled-integer.ts";
import { type Closeness, closenessOf, worse } from "./closeness.ts";
import type { Predicted, PredictedRow, PredictedTotal } from "./prediction.ts";
import type { ServerAnswer, ServerRow } from "./server-summary.ts";
import { approximately, type DoubleBounds, NO_LOSS } from "./tallies.ts";

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
}

/** The same for every cell. */
export function pricingBy(amountsOf: (quantity: Exact) => Amounts): Pricing {
  const ofRow = (_: unknown, { quantity }: PredictedRow): Amounts => amountsOf(quantity);
  return {
    total: ({ quantity }) =>
      quantity === undefined ? { quantity, cost: undefined } : amountsOf(quantity),
    group: ofRow,
    window: ofRow,
  };
}

/** The library's own: the unit cost times the quantity, not rounded. */
export function exactPricing(unitCost: Exact): Pricing {
  return pricingBy((quantity) => ({ quantity, cost: multiply(unitCost, quantity) }));
}

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
  readonly closeness: Closeness;
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
      closeness: this.#closeness(own, server, total.bounds),
    };
    if (groups !== undefined) {
      yield* this.#rows("group", predicted.groups(), groups, (key, row) => pricing.group(key, row));
    }
    if (windows !== undefined) {
      yield* this.#rows("window", predicted.windows(), windows, (start, row) =>
        pricing.window(start, row),
      );
    }
  }

  /** How close all cells are, and how many are met as exactly as was sent; undefined when one differs. */
  fit(
    predicted: Predicted,
    pricing: Pricing,
  ): { readonly closeness: Closeness; readonly met: number } | undefined {
    if (!this.hasAsManyRows(predicted)) return undefined;
    let closeness: Closeness = "equal";
    let met = 0;
    for (const cell of this.cells(predicted, pricing)) {
      if (cell.closeness === "different") return undefined;
      if (cell.closeness !== "within") met++;
      closeness = worse(closeness, cell.closeness);
    }
    return { closeness, met };
  }

  /** Whether all quantities fit, whatever the costs. */
  fitsQuantities(predicted: Predicted): boolean {
    const { totalQuantity, totalCost, groups, windows } = this.server;
    const total = predicted.total();
    if ((totalCost === null) !== (total.quantity === undefined)) return false;
    if (!this.#isClose(total.quantity, totalQuantity, total.bounds)) return false;
    if (!this.hasAsManyRows(predicted)) return false;
    for (const [key, { quantity, bounds }] of groups === undefined ? [] : predicted.groups()) {
      if (!this.#isClose(quantity, groups?.get(key)?.quantity ?? null, bounds)) return false;
    }
    for (const [start, { quantity, bounds }] of windows === undefined ? [] : predicted.windows()) {
      if (!this.#isClose(quantity, windows?.get(start)?.quantity ?? null, bounds)) return false;
    }
    return true;
  }

  /** Whether the total fits, as far as it was given: looked at first, as it is cheap. */
  fitsTotalQuantity({ quantity, bounds }: PredictedTotal): boolean {
    return this.#isClose(quantity, this.server.totalQuantity, bounds);
  }

  hasAsManyRows(predicted: Predicted): boolean {
    const { groups, windows } = this.server;
    return (
      (groups === undefined || groups.size === predicted.groups().size) &&
      (windows === undefined || windows.size === predicted.windows().size)
    );
  }

  #isClose(
    own: Exact | undefined,
    server: Exact | null | undefined,
    bounds: DoubleBounds,
  ): boolean {
    if (server === undefined) return true;
    const { quantity } = this.#tolerance;
    return closenessOf(own, server, bounds.quantity, quantity) !== "different";
  }

  *#rows<Key extends string | number>(
    place: "group" | "window",
    predicted: ReadonlyMap<Key, PredictedRow>,
    given: ReadonlyMap<Key, ServerRow>,
    amountsOf: (key: Key, row: PredictedRow) => Amounts,
  ): Generator<Cell, void, undefined> {
    for (const [at, row] of predicted) {
      const own = amountsOf(at, row);
      const server = given.get(at);
      const closeness =
        server === undefined ? "different" : this.#closeness(own, server, row.bounds);
      yield { place, at, own, server, closeness };
    }
    for (const [at, server] of given) {
      if (predicted.has(at)) continue;
      yield { place, at, own: undefined, server, closeness: "different" };
    }
  }

  #closeness(
    own: Amounts,
    server: { readonly quantity: Exact | null | undefined; readonly cost: Exact | null },
    bounds: DoubleBounds = NO_LOSS,
  ): Closeness {
    const quantity =
      server.quantity === undefined
        ? "equal"
        : closenessOf(own.quantity, server.quantity, bounds.quantity, this.#tolerance.quantity);
    const isExact = this.#isWholeUnitCost && bounds.quantity === 0;
    const costBound = isExact ? 0 : bounds.cost * this.#unitCost;
    return worse(quantity, closenessOf(own.cost, server.cost, costBound, this.#tolerance.cost));
  }
}
