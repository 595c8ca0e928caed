import { add, compare, divide, type Exact } from "../values/scaled-integer.ts";
import type { Ledger, MaskTallies } from "./ledger.ts";
import type { Rules } from "./rules.ts";
import { type DoubleBounds, emptyQuantity, NO_LOSS, type Tally } from "./tallies.ts";

const MEAN_DIGITS = 34;

/** Tells the groups of different values apart, whatever is in them. */
export function groupKey(values: readonly string[]): string {
  return JSON.stringify(values);
}

/** The values that a group's key was made of. */
export function valuesOfGroup(key: string): readonly string[] {
  return JSON.parse(key);
}

/** A row of a breakdown, predicted. */
export interface PredictedRow {
  readonly quantity: Exact;
  readonly bounds: DoubleBounds;
}

/** The total, predicted. */
export interface PredictedTotal {
  /** Undefined where there is none. */
  readonly quantity: Exact | undefined;
  readonly bounds: DoubleBounds;
}

/** What some events come to under some rules. */
export interface Predicted {
  total(): PredictedTotal;
  /** By `groupKey`; empty without groups. */
  groups(): ReadonlyMap<string, PredictedRow>;
  /** By the start of the window, in milliseconds since 1970; empty without windows. */
  windows(): ReadonlyMap<number, PredictedRow>;
}

/** What a ledger's events come to under some rules. Each part is worked out when it is first asked for. */
export class Prediction implements Predicted {
  readonly ledger: Ledger;
  readonly rules: Rules;
  readonly included: readonly MaskTallies[];
  #total: PredictedTotal | undefined;
  #groups: ReadonlyMap<string, PredictedRow> | undefined;
  #windows: ReadonlyMap<number, PredictedRow> | undefined;

  constructor(
    ledger: Ledger,
    rules: Rules,
    included: readonly MaskTallies[] = ledger.included(rules),
  ) {
    this.ledger = ledger;
    this.rules = rules;
    this.included = included;
  }

  total(): PredictedTotal {
    this.#total ??= this.#readTotal();
    return this.#total;
  }

  groups(): ReadonlyMap<string, PredictedRow> {
    if (this.#groups === undefined) {
      const { groups } = this.ledger.trail;
      const text = this.rules.nullAsEmpty ? "" : "null";
      const keys = groups.combinations.map((texts) => groupKey(texts.map((one) => one ?? text)));
      this.#groups = this.#rows("groups", (number) => keys[number] ?? "");
    }
    return this.#groups;
  }

  windows(): ReadonlyMap<number, PredictedRow> {
    this.#windows ??= this.#rows("windows", (number) => this.ledger.windowStarts[number] ?? 0);
    return this.#windows;
  }

  #readTotal(): PredictedTotal {
    const { foldedFrom } = this.rules;
    const empty = emptyQuantity(this.ledger.trail.plan.aggregation);
    if (foldedFrom !== undefined) {
      const rows = [...(foldedFrom === "groups" ? this.groups() : this.windows()).values()];
      const bounds = rows.reduce(
        (sum, row) => ({
          quantity: sum.quantity + row.bounds.quantity,
          cost: sum.cost + row.bounds.cost,
        }),
        NO_LOSS,
      );
      return { quantity: this.#fold(rows.map(({ quantity }) => quantity)) ?? empty, bounds };
    }
    const tally = merged(
      this.ledger,
      this.included.map(({ total }) => total),
    );
    return {
      quantity: tally?.quantity(this.rules) ?? empty,
      bounds: tally?.doubleBounds() ?? NO_LOSS,
    };
  }

  /** The extreme of extremes, the mean of means, the sum of everything else. */
  #fold(quantities: readonly Exact[]): Exact | undefined {
    const [first, ...others] = quantities;
    if (first === undefined) return undefined;
    const { aggregation } = this.ledger.trail.plan;
    if (aggregation === "MIN" || aggregation === "MAX") {
      const sign = aggregation === "MAX" ? 1 : -1;
      return others.reduce((a, b) => (compare(b, a) * sign > 0 ? b : a), first);
    }
    const sum = others.reduce(add, first);
    const count = { coefficient: BigInt(quantities.length), exponent: 0 };
    return aggregation === "AVG" ? divide(sum, count, MEAN_DIGITS) : sum;
  }

  #rows<Key>(part: "groups" | "windows", keyOf: (number: number) => Key): Map<Key, PredictedRow> {
    const parts = new Map<Key, Tally[]>();
    for (const tallies of this.included) {
      for (const [number, tally] of tallies[part].entries()) {
        if (tally === undefined) continue;
        const key = keyOf(number);
        const known = parts.get(key);
        if (known === undefined) parts.set(key, [tally]);
        else known.push(tally);
      }
    }
    const rows = new Map<Key, PredictedRow>();
    for (const [key, tallies] of parts) {
      const tally = merged(this.ledger, tallies);
      const quantity = tally?.quantity(this.rules);
      if (tally === undefined || quantity === undefined) continue;
      rows.set(key, { quantity, bounds: tally.doubleBounds() });
    }
    return rows;
  }
}

export function merged(ledger: Ledger, tallies: readonly Tally[]): Tally | undefined {
  if (tallies.length <= 1) return tallies[0];
  const all = ledger.createTally();
  for (const tally of tallies) all.merge(tally);
  return all;
}
