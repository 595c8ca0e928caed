import type { components } from "../../../generated/paygentic.ts";
import type { Aggregation, CostEvent } from "../../models.ts";
import type { Decimal } from "../../values/decimal.ts";
import { isJsonObject } from "../../values/json-form.ts";
import { stringifyJson } from "../../values/lossless-json.ts";

/** A cost as answers hold it: the unit cost and the times as text. */
export interface StoredCost
  extends Omit<
    components["schemas"]["Cost"],
    "unitCost" | "createdAt" | "updatedAt" | "deletedAt"
  > {
  readonly unitCost: string;
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly deletedAt: string | null;
}

/** What the store adds to a new cost by itself. */
type MadeByStore = "id" | "object" | "merchantId" | "createdAt" | "updatedAt" | "deletedAt";

/** A new cost, with or without an id and a merchant of its own. */
export type NewCost = Omit<StoredCost, MadeByStore> & { id?: string; merchantId?: string };

/** What may be changed in a cost. */
type CostChanges = Partial<Omit<StoredCost, MadeByStore | "type" | "productId">>;

/** An event that a mock accepted: as it was sent, and with what the server adds. */
export interface StoredEvent extends CostEvent {
  /** `evt_...` */
  readonly id: string;
  readonly object: "event";
  readonly externalId?: string | undefined;
  /** As it was sent, else the time on the mock's clock. */
  readonly timestamp: string;
  /** As it was sent, else one that the mock made up. */
  readonly idempotencyKey: string;
  /**
   * Other events that were sent later under the same key, which were accepted and not counted: a mistake of the sender.
   * Absent when there are none.
   */
  readonly conflicts?: readonly CostEvent[] | undefined;
}

/** A new event, with or without a time and a key of its own. */
export type NewEvent = Omit<
  StoredEvent,
  "id" | "object" | "timestamp" | "idempotencyKey" | "conflicts"
> & {
  readonly timestamp?: string | undefined;
  readonly idempotencyKey?: string | undefined;
};

const DEFAULT_MERCHANT = "org_mock";

/** Keys hold within their namespace and source, as in the local summary. */
function scopedKey({ namespace, source, idempotencyKey }: NewEvent): string {
  return JSON.stringify([namespace ?? null, source ?? null, idempotencyKey]);
}

/** An event without its key as one text, the same in whatever order its fields were sent. */
function canonicalText({ idempotencyKey: _, ...event }: NewEvent): string {
  const sorted = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(sorted);
    if (!isJsonObject(value)) return value;
    const names = Object.keys(value).sort();
    return Object.fromEntries(names.map((name) => [name, sorted(value[name])]));
  };
  return stringifyJson(sorted(event));
}

/** A billable metric that a mock begins with. */
export interface BillableMetricSeed {
  /** `bm_...` */
  readonly id: string;
  readonly eventType: string;
  readonly aggregation: Aggregation;
  /** Not needed for COUNT. */
  readonly valueProperty?: string | undefined;
  /** Dimension to path. */
  readonly groupBy?: Readonly<Record<string, string>> | undefined;
}

/** An invoice of a customer. */
export interface StoredRevenue {
  readonly customerId: string;
  readonly customerName?: string | undefined;
  readonly amount: Decimal;
  readonly currency: string;
  readonly timestamp: Date;
  readonly status: "paid" | "outstanding";
}

/** What a store is filled with, checked, and no longer its owner's. */
export interface Seeds {
  readonly costs?: readonly NewCost[] | undefined;
  readonly events?: readonly NewEvent[] | undefined;
  readonly billableMetrics?: readonly BillableMetricSeed[] | undefined;
  readonly revenue?: readonly StoredRevenue[] | undefined;
}

/** What a mock remembers: costs in the order of their creation, events in the order received. */
export class MockStore {
  readonly #clock: () => Date;
  readonly #costs = new Map<string, StoredCost>();
  readonly #reservedCostIds = new Set<string>();
  readonly #events: StoredEvent[] = [];
  readonly #eventsByKey = new Map<string, { readonly sent: NewEvent; readonly at: number }>();
  readonly #counters = new Map<string, number>();

  readonly metrics: readonly BillableMetricSeed[];
  readonly revenue: readonly StoredRevenue[];

  constructor(
    clock: () => Date,
    { costs = [], events = [], billableMetrics = [], revenue = [] }: Seeds,
  ) {
    this.#clock = clock;
    this.metrics = billableMetrics;
    this.revenue = revenue;
    // A cost without an id must not be given one that a later seed says.
    for (const { id } of costs) if (id !== undefined) this.#reservedCostIds.add(id);
    for (const cost of costs) this.createCost(cost);
    for (const event of events) this.takeEvent(event);
  }

  /** All events, each key once. */
  get events(): readonly StoredEvent[] {
    return this.#events;
  }

  /** All costs, the deleted ones too. */
  get costs(): readonly StoredCost[] {
    return [...this.#costs.values()];
  }

  /** The costs that are not deleted. */
  get activeCosts(): readonly StoredCost[] {
    return this.costs.filter((cost) => cost.deletedAt === null);
  }

  /** The next of `cst_1`, `cst_2`, ... */
  nextId(prefix: string): string {
    const count = (this.#counters.get(prefix) ?? 0) + 1;
    this.#counters.set(prefix, count);
    return `${prefix}_${count}`;
  }

  activeCost(id: string): StoredCost | undefined {
    const cost = this.#costs.get(id);
    return cost?.deletedAt === null ? cost : undefined;
  }

  createCost({ id = this.#unusedCostId(), ...fields }: NewCost): StoredCost {
    const now = this.#now();
    const cost: StoredCost = {
      id,
      object: "cost",
      merchantId: DEFAULT_MERCHANT,
      ...fields,
      createdAt: now,
      updatedAt: now,
      deletedAt: null,
    };
    this.#costs.set(id, cost);
    return cost;
  }

  updateCost(cost: StoredCost, changes: CostChanges): StoredCost {
    const updated: StoredCost = { ...cost, ...changes, updatedAt: this.#now() };
    this.#costs.set(cost.id, updated);
    return updated;
  }

  deleteCost(cost: StoredCost): void {
    this.#costs.set(cost.id, { ...cost, deletedAt: this.#now() });
  }

  /** Keeps an event, unless its key was sent before; returns the one that is kept. */
  takeEvent(event: NewEvent): StoredEvent {
    if (event.idempotencyKey !== undefined) {
      const earlier = this.#earlierEvent(event);
      if (earlier !== undefined) return earlier;
    }
    const stored: StoredEvent = {
      id: this.nextId("evt"),
      object: "event",
      ...event,
      timestamp: event.timestamp ?? this.#now(),
      idempotencyKey: event.idempotencyKey ?? this.#unusedKey(event),
    };
    this.#eventsByKey.set(scopedKey(stored), {
      sent: event,
      at: this.#events.push(stored) - 1,
    });
    return stored;
  }

  /** The event that was first sent with this one's key. It remembers this one when the two differ. */
  #earlierEvent(event: NewEvent): StoredEvent | undefined {
    const first = this.#eventsByKey.get(scopedKey(event));
    if (first === undefined) return undefined;
    const stored = this.#events[first.at] as StoredEvent;
    if (canonicalText(first.sent) === canonicalText(event)) return stored;
    const marked = { ...stored, conflicts: [...(stored.conflicts ?? []), event] };
    this.#events[first.at] = marked;
    return marked;
  }

  #now(): string {
    return this.#clock().toISOString();
  }

  #unusedCostId(): string {
    let id = this.nextId("cst");
    while (this.#reservedCostIds.has(id)) id = this.nextId("cst");
    return id;
  }

  /** An event that was sent again with a key made here must not take the place of a new one. */
  #unusedKey(event: NewEvent): string {
    let idempotencyKey = this.nextId("key");
    while (this.#eventsByKey.has(scopedKey({ ...event, idempotencyKey }))) {
      idempotencyKey = this.nextId("key");
    }
    return idempotencyKey;
  }
}
