import type { components } from "../../generated/paygentic.ts";
import type { CostEvent } from "../models.ts";

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
export type CostChanges = Partial<Omit<StoredCost, MadeByStore | "type" | "productId">>;

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
}

/** A new event, with or without a time and a key of its own. */
export type NewEvent = Omit<StoredEvent, "id" | "object" | "timestamp" | "idempotencyKey"> & {
  readonly timestamp?: string | undefined;
  readonly idempotencyKey?: string | undefined;
};

const DEFAULT_MERCHANT = "org_mock";

/** Keys hold within their namespace and source, as in the local summary. */
function scopedKey({ namespace, source, idempotencyKey }: NewEvent): string {
  return JSON.stringify([namespace ?? null, source ?? null, idempotencyKey]);
}

/** What a mock remembers: costs in the order of their creation, events in the order received. */
export class MockStore {
  readonly #clock: () => Date;
  readonly #costs = new Map<string, StoredCost>();
  readonly #reservedCostIds = new Set<string>();
  readonly #events: StoredEvent[] = [];
  readonly #eventsByKey = new Map<string, StoredEvent>();
  readonly #counters = new Map<string, number>();

  constructor(clock: () => Date) {
    this.#clock = clock;
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

  /** Keeps an id for the cost that says it, so that no other is given it. */
  reserveCostId(id: string): void {
    this.#reservedCostIds.add(id);
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

  /** The event that was first sent with this one's key. */
  earlierEvent(event: NewEvent): StoredEvent | undefined {
    return event.idempotencyKey === undefined ? undefined : this.#eventsByKey.get(scopedKey(event));
  }

  /** Keeps an event, unless its key was sent before; gives the one that is kept. */
  takeEvent(event: NewEvent): StoredEvent {
    const earlier = this.earlierEvent(event);
    if (earlier !== undefined) return earlier;
    const stored: StoredEvent = {
      id: this.nextId("evt"),
      object: "event",
      ...event,
      timestamp: event.timestamp ?? this.#now(),
      idempotencyKey: event.idempotencyKey ?? this.#unusedKey(event),
    };
    this.#events.push(stored);
    this.#eventsByKey.set(scopedKey(stored), stored);
    return stored;
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
